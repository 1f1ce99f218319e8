/** Announces an evening for a film. */

import { now } from '../parts/days.js';
import { eveningForm } from '../parts/evening_form.js';
import { nameOf } from '../parts/film.js';
import { Page, html, words } from '../shell/page.js';

const HOURS_AHEAD = 48;

export default class extends Page {
  static title = words.film.announce;

  async refresh() {
    await super.refresh();
    if (this.film) this.first ??= firstTerms(this.film);
  }

  view() {
    if (!this.film) return html`${this.head} <p><a href="/">${words.film.choose}</a></p>`;
    const buttons = html`
      ${this.actions.submit(words.host.publish, 'primary', 'true')}
      ${this.actions.submit(words.host.keepDraft)}`;
    return html`
      <p class="quiet"><a href="/film/${this.film.id}">${nameOf(this.film)}</a></p>
      ${this.head}
      ${eveningForm(this.first, this.film, this.#announce, buttons)}`;
  }

  #announce = async (terms, publish) => {
    const body = { ...terms, publish: publish === 'true' };
    const evening = await this.actions.run(
      () => this.api.post(`/api/v1/announcement/${this.film.id}`, body));
    if (evening) this.go(`/evening/${evening.id}`, { replace: true });
  };
}

function firstTerms(film) {
  const time = new Date(+now() + HOURS_AHEAD * 3_600_000);
  time.setHours(19, 0, 0, 0);
  return {
    title: nameOf(film), event_time: time.toISOString(), ticket_count: 3, visibility: 'public',
  };
}
