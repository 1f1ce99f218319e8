import { eveningIn, now } from '../parts/days.js';
import { eveningForm } from '../parts/evening_form.js';
import { nameOf } from '../parts/film.js';
import { Page, html, words } from '../shell/page.js';

const DAYS_AHEAD = 2;

export default class extends Page {
  static title = words.film.announce;

  async refresh() {
    await super.refresh();
    if (this.film) this.first ??= firstTerms(this.film, this.plans);
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

/** As planned, if the film is. */
function firstTerms(film, plans) {
  const plan = plans.find(({ movie_id: id }) => id === film.id);
  const wished = plan?.times.find(({ from }) => new Date(from) > now());
  return {
    title: nameOf(film), event_time: wished?.from ?? eveningIn(DAYS_AHEAD),
    event_location: plan?.places[0], ticket_count: 3,
  };
}
