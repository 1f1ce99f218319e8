/** Films that the person wants to see in company, and when they are free. */

import { field, onSubmit } from '../parts/form.js';
import { filmChoices } from '../parts/film.js';
import { formatSpan, weekdays } from '../parts/times.js';
import { OWN_ZONE, instantOf, localTime } from '../parts/zones.js';
import { Page, html, words } from '../shell/page.js';

const say = words.plan;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const NEW = { times: [], places: [] };

export default class extends Page {
  static title = words.menu.plan;

  view() {
    return html`${this.head}
      <p class="quiet">${say.help}</p>
      ${this.plans.map((plan) => this.#plan(plan))}
      <p><a href="/evenings?fits_my_plan=true">${say.find}</a></p>
      <h2>${say.add}</h2>
      ${this.#planForm(NEW, say.add)}
      <h2>${say.free}</h2>
      ${this.isWhole ? this.#freeForm() : ''}`;
  }

  #plan(plan) {
    const { movie_id: id } = plan;
    return html`<article class="panel">
      <p><a href="/film/${id}">${plan.movie_title}</a></p>
      <ul>${plan.times.map(({ from, to }) => html`<li>${formatSpan(from, to)}</li>`)}
        ${plan.places.map((place) => html`<li>${place}</li>`)}</ul>
      <details><summary>${words.host.change}</summary>${this.#planForm(plan, words.common.save)}</details>
      <p class="actions">
        <a class="button primary" href="/announce?movie_id=${id}">${words.film.announce}</a>
        ${this.actions.button(say.drop, () => this.#write('delete', id))}</p>
    </article>`;
  }

  #planForm(plan, button) {
    const [time] = plan.times;
    const end = (label, name) => field(label, name,
      { type: 'datetime-local', value: time && localTime(time[name]) });
    return html`<form class="tall" @submit=${onSubmit((said) => this.#put(plan, said))}>
      ${plan === NEW ? field(say.film, 'movie_id', { choices: filmChoices(this)
        .filter(([id]) => !this.plans.some((plan) => plan.movie_id === id)) }) : ''}
      ${inZone(OWN_ZONE)}
      <div class="pair">${end(words.find.from, 'from')} ${end(say.to, 'to')}</div>
      ${field(say.place, 'places', { value: plan.places[0] })}
      <p>${this.actions.submit(button)}</p></form>`;
  }

  /** The form is for the first time and place. What else the plan has stays as it is. */
  #put(plan, { movie_id: id = plan.movie_id, from, to, places }) {
    const time = { from: from && instantOf(from), to: to && instantOf(to) };
    return this.#write('put', id, {
      times: [...from || to ? [time] : [], ...plan.times.slice(1)],
      places: [...places ? [places] : [], ...plan.places.slice(1)],
    });
  }

  /** A form may then be another plan's. */
  async #write(method, id, body) {
    if (await this.actions.run(() => this.api[method](`${this.reads.plans}/${id}`, body))) {
      document.querySelectorAll('form:has([name=places])').forEach((form) => form.reset());
    }
  }

  #freeForm() {
    const names = weekdays('long');
    return html`<form class="tall" @submit=${this.#saveFree}>
      ${inZone(this.free.tz)}
      ${this.#shown().map((time, index) => html`<div class="pair">
        ${field(`${names[index]}, ${say.fromTime}`, `${DAYS[index]}_from`,
          { type: 'time', value: time?.from })}
        ${field(say.toTime, `${DAYS[index]}_to`,
          { type: 'time', value: time?.to.replace('24:00', '00:00') })}
      </div>`)}
      <p>${this.actions.submit(words.common.save)}</p></form>`;
  }

  #shown() {
    return DAYS.map((day) => this.free.times.find((time) => time.day === day));
  }

  /** An end that is left out is midnight, and so is a beginning. Times without a field stay. */
  #saveFree = onSubmit((said) => {
    const shown = this.#shown();
    const weekly = DAYS.map((day) => ({ day, from: said[`${day}_from`], to: said[`${day}_to`] }))
      .filter(({ from, to }) => from || to)
      .map(({ day, from, to }) => ({ day, from: from || '00:00', to: to.replace(/^(00:00)?$/, '24:00') }));
    const times = [...weekly, ...this.free.times.filter((time) => !shown.includes(time))];
    return this.actions.run(
      () => this.api.put(this.reads.free, { tz: this.free.tz, times }), words.common.saved,
      (field) => field.replace(/^times.(\d+)./, (_, index) => `${times[index].day}_`));
  });
}

function inZone(zone) {
  return html`<p class="quiet">${words.host.zone}: ${zone}</p>`;
}
