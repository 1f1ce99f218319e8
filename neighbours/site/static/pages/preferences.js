/** What the person wants to be told, and when not. */

import { checkbox, field, onSubmit } from '../parts/form.js';
import { Page, html, words } from '../shell/page.js';

/** What concerns the own data cannot be switched off. */
const KINDS = Object.entries(words.kinds).filter(([kind]) =>
  !/^(erasure_|text_hidden|report_answered)/.test(kind));

export default class PreferencesPage extends Page {
  static title = words.notices.preferences;

  view() {
    const { now, actions } = this;
    return html`${this.head}
      <form class="tall" @submit=${this.#save}>
        ${field(words.notices.language, 'language', { value: now.language ?? '',
          choices: Object.entries(words.notices.languages) })}
        <fieldset><legend>${words.notices.tellMe}</legend>${KINDS.map(([kind, text]) =>
          checkbox(text, 'on', { value: kind, checked: !now.off.includes(kind) }))}</fieldset>
        ${checkbox(words.notices.receipts, 'receipts', { checked: now.receipts })}
        <div class="pair">
          ${field(words.notices.quietFrom, 'quiet_from', { type: 'time', value: now.quiet_from ?? '' })}
          ${field(words.plan.toTime, 'quiet_to', { type: 'time', value: now.quiet_to ?? '' })}
        </div>
        <p>${actions.submit(words.common.save, 'primary')}</p>
      </form>`;
  }

  #save = onSubmit((said, form) => {
    const on = new Set(new FormData(form).getAll('on'));
    const body = {
      ...this.now,
      language: said.language || null,
      off: KINDS.map(([kind]) => kind).filter((kind) => !on.has(kind)),
      receipts: said.receipts === 'on',
      quiet_from: said.quiet_from || null,
      quiet_to: said.quiet_to || null,
    };
    return this.actions.run(() => this.api.put(this.reads.now, body), words.common.saved);
  });
}
