/** Sentences that a screen reader reads out when they appear. */

import { html, nothing } from '../vendor/lit-html.js';
import { words } from '../words/index.js';
import { formatMoment } from './times.js';

/** `tone`: `problem`, `warning` or `done`. */
export function notice(text, tone, details = nothing) {
  return html`<div class="notice ${tone}" role=${tone === 'problem' ? 'alert' : 'status'}>${text}
    ${details}</div>`;
}

/** What the API said no to, in its own sentence, with the evenings that stand against it. */
export function explain(problem) {
  const { conflicts = [] } = problem.facts;
  const details = conflicts.map((one) => html`<br>${one.title
    ? html`<a href="/evening/${one.announcement_id}">${one.title}</a>, ` : nothing}
    ${formatMoment(one.event_time)}`);
  return notice(problem.status ? problem.message : words.common.unreachable, 'problem', details);
}
