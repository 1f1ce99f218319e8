/** Tells the operators of something that should not be here. */

import { field, onSubmit } from '../parts/form.js';
import { notice } from '../parts/action.js';
import { Page, html, words } from '../shell/page.js';

const say = words.report;
/** What `reportLink` leads to. */
const SUBJECT = /^kind=(evening|review|post|person)&id=[\da-f-]{36}$/;

export default class extends Page {
  static title = say.title;

  view() {
    if (!SUBJECT.test(`${this.query}`)) return html`${this.head} <p>${say.how}</p>`;
    return html`${this.head}
      ${this.sent ? notice(say.sent, 'done') : html`
        <form class="tall" @submit=${this.#send}>
          ${field(say.reason, 'reason', { required: true })}
          <p>${this.actions.submit(say.send, 'primary')}</p>
        </form>`}`;
  }

  #send = onSubmit(async (said) => {
    const body = { ...Object.fromEntries(this.query), ...said };
    this.sent = await this.actions.run(() => this.api.post('/api/v1/report', body));
    this.redraw();
  });
}
