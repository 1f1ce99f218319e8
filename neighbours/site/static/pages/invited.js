/** The page behind an invite link. Opening it asks for nothing: only the button does. */

import { Page, html, words } from '../shell/page.js';

export default class InvitedPage extends Page {
  static title = words.invited.title;

  view() {
    return html`${this.head}
      <p>${words.invited.text}</p>
      <p>${this.actions.button(words.evening.ask, () => this.#come(), 'primary')}</p>`;
  }

  async #come() {
    const [token] = this.args;
    const booking = await this.actions.run(() => this.api.post(`/api/v1/invite-link/${token}`));
    if (booking) this.go(`/evening/${booking.announcement_id}`, { replace: true });
  }
}
