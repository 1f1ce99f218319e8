/** What the person wants to be told, and when not. */

import { checkbox, field, onSubmit } from '../parts/form.js';
import { Page, html, words } from '../shell/page.js';

const say = words.notices;

/** What can be switched off: the other kinds have no words of their own. */
const KINDS = Object.entries(words.kinds);

export default class extends Page {
  static title = say.preferences;

  view() {
    const { now, actions } = this;
    return html`${this.head}
      <form class="tall" @submit=${this.#save}>
        ${field(say.language, 'language', { value: now.language,
          choices: Object.entries(say.languages) })}
        <fieldset><legend>${say.tellMe}</legend>${KINDS.map(([kind, text]) =>
          checkbox(text, 'on', { value: kind, checked: !now.off.includes(kind) }))}</fieldset>
        ${checkbox(say.receipts, 'receipts', { checked: now.receipts })}
        <div class="pair">
          ${field(say.quietFrom, 'quiet_from', { type: 'time', value: now.quiet_from })}
          ${field(words.plan.toTime, 'quiet_to', { type: 'time', value: now.quiet_to })}
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
