/** The page behind an invite link. Opening it only tries the link: the button asks for a seat. */

import { formatMoment } from '../parts/times.js';
import { Page, html, words } from '../shell/page.js';

export default class extends Page {
  static title = words.host.link;
  link = `/api/v1/invite-link/${this.args[0]}`;

  get title() {
    return words.evening.by(this.booking.author_name);
  }

  /** A link that has been used is not tried again. */
  async refresh() {
    this.booking ??= await this.api.post(`${this.link}?dry_run=true`);
  }

  view() {
    const { announcement_title: title, movie_title: film, event_time: time } = this.booking;
    return html`${this.head}
      <p><strong>${title}</strong></p>
      <p>${film} · ${formatMoment(time)}</p>
      <p>${this.actions.button(words.evening.ask, () => this.#come(), 'primary')}</p>`;
  }

  async #come() {
    const booking = await this.actions.run(() => this.api.post(this.link));
    if (booking) this.go(`/evening/${booking.announcement_id}`, { replace: true });
  }
}
