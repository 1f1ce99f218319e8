/** Films that the person wants to see in company, and when they are free. */

import { field, onSubmit } from '../parts/form.js';
import { filmChoices } from '../parts/film.js';
import { formatSpan, weekdays } from '../parts/times.js';
import { instantOf } from '../parts/zones.js';
import { Page, html, words } from '../shell/page.js';

const say = words.plan;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

export default class extends Page {
  static title = words.menu.plan;

  view() {
    return html`${this.head}
      <p class="quiet">${say.help}</p>
      ${this.plans.map((plan) => this.#plan(plan))}
      <p><a href="/evenings?fits_my_plan=true">${say.find}</a></p>
      <h2>${say.add}</h2>
      ${this.#planForm()}
      <h2>${say.free}</h2>
      ${this.isWhole ? this.#freeForm() : ''}`;
  }

  #plan(plan) {
    return html`<article class="panel">
      <p><a href="/film/${plan.movie_id}">${plan.movie_title}</a></p>
      <ul>${plan.times.map(({ from, to }) => html`<li>${formatSpan(from, to)}</li>`)}
        ${plan.places.map((place) => html`<li>${place}</li>`)}</ul>
      <p class="actions">
        ${this.actions.button(words.film.announce, () => this.#announce(plan), 'primary')}
        ${this.actions.button(say.drop, () => this.actions.run(
          () => this.api.delete(`/api/v1/plan/${plan.movie_id}`)))}</p>
    </article>`;
  }

  #planForm() {
    return html`<form class="tall" @submit=${this.#add}>
      ${field(say.film, 'movie_id', { value: this.query.get('movie_id') ?? '',
        choices: filmChoices(this, this.query.get('movie_id')) })}
      <div class="pair">
        ${field(words.find.from, 'from', { type: 'datetime-local' })}
        ${field(say.to, 'to', { type: 'datetime-local' })}
      </div>
      ${field(say.place, 'places')}
      <p>${this.actions.submit(say.add)}</p></form>`;
  }

  #add = onSubmit(({ movie_id: id, from, to, places }) => {
    const body = {
      times: from && to ? [{ from: instantOf(from), to: instantOf(to) }] : [],
      places: places ? [places] : [],
    };
    return this.actions.run(() => this.api.put(`/api/v1/plan/${id}`, body));
  });

  async #announce({ movie_id: id }) {
    const evening = await this.actions.run(
      () => this.api.post(`/api/v1/plan/${id}/announcement`, {}));
    if (evening) this.go(`/evening/${evening.id}`);
  }

  #freeForm() {
    const names = weekdays('long');
    const ofDay = new Map(this.free.times.map((time) => [time.day, time]));
    return html`<form class="tall" @submit=${this.#saveFree}>
      ${DAYS.map((day, index) => html`<div class="pair">
        ${field(`${names[index]}, ${say.fromTime}`, `${day}_from`,
          { type: 'time', value: ofDay.get(day)?.from ?? '' })}
        ${field(say.toTime, `${day}_to`, { type: 'time', value: ofDay.get(day)?.to ?? '' })}
      </div>`)}
      <p>${this.actions.submit(words.common.save)}</p></form>`;
  }

  /** Times of single dates, which no field is for, stay as they are. */
  #saveFree = onSubmit((said) => {
    const dated = this.free.times.filter(({ date }) => date)
      .map(({ date, from, to }) => ({ date, from, to }));
    const weekly = DAYS.filter((day) => said[`${day}_from`] && said[`${day}_to`])
      .map((day) => ({ day, from: said[`${day}_from`], to: said[`${day}_to`] }));
    return this.actions.run(
      () => this.api.put('/api/v1/free-times', { tz: this.free.tz, times: [...weekly, ...dated] }),
      words.common.saved);
  });
}
