/** What the person was told, why, and what they want to be told. */

import { tag } from '../parts/evening_line.js';
import { formatMoment } from '../parts/times.js';
import { Page, fold, html, words } from '../shell/page.js';

const say = words.notices;
const UNTOLD = new Set(['dropped', 'skipped', 'cancelled']);

export default class extends Page {
  static title = words.menu.notices;

  async refresh() {
    await super.refresh();
    this.textOf = new Map(this.texts.map((one) => [one.key, one]));
    // What has not been told comes last, and what will not be told not at all.
    this.lines = this.lines.filter(({ state }) => !UNTOLD.has(state))
      .sort((one, other) => new Date(other.sent_at ?? 0) - new Date(one.sent_at ?? 0));
  }

  begin() {
    this.follow(({ name }) => ['begun', 'notice'].includes(name) && this.renew());
  }

  view() {
    return html`${this.head}
      <p><a href="/preferences">${say.preferences}</a></p>
      ${this.lines.length ? '' : html`<p class="quiet">${words.common.nothing}</p>`}
      <ul class="notices">${this.lines.map((line) => this.#line(line))}</ul>`;
  }

  #line(line) {
    const text = this.textOf.get(line.key);
    const at = line.sent_at ?? line.due_at;
    return html`<li class="panel">
      <p><strong>${text?.title ?? words.kinds[line.kind] ?? line.why}</strong>
        ${tag(say.state[line.state])}</p>
      ${text && html`<p class="text">${text.text}</p>${fold(text.text)}`}
      <p class="facts"><time datetime=${at}>${formatMoment(at)}</time>
        ${line.announcement_id ? html` · <a href="/evening/${line.announcement_id}">
          ${text?.evening ?? html`${say.evening} ${line.event_time && formatMoment(line.event_time)}`}</a>` : ''}</p>
      <details><summary>${say.why}</summary><p>${line.why}
        ${line.sources.map(({ name }) => say.event(name, formatMoment(line.happened_at)))}</p></details>
    </li>`;
  }
}
