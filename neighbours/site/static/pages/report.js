/** Tells the operators of something that should not be here. */

import { field, onSubmit } from '../parts/form.js';
import { notice } from '../parts/action.js';
import { Page, html, words } from '../shell/page.js';

export default class ReportPage extends Page {
  static title = words.report.title;

  view() {
    return html`${this.head}
      ${this.sent ? notice(words.report.sent, 'done') : html`
        <form class="tall" @submit=${this.#send}>
          ${field(words.report.reason, 'reason', { required: true })}
          <p>${this.actions.submit(words.report.send, 'primary')}</p>
        </form>`}`;
  }

  #send = onSubmit(async (said) => {
    const body = { kind: this.query.get('kind'), id: this.query.get('id'), ...said };
    this.sent = await this.actions.run(() => this.api.post('/api/v1/report', body));
    this.redraw();
  });
}
