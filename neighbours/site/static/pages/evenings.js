/** Finds evenings, by filters and a calendar. */

import { eveningList } from '../parts/evening_line.js';
import { filmChoices } from '../parts/film.js';
import { checkbox, field, readForm } from '../parts/form.js';
import { monthCalendar, turnCalendar } from '../parts/month_calendar.js';
import { Page, html, words } from '../shell/page.js';

const PAGE = 20;
const CHECKS = ['has_seats', 'is_free', 'fits_my_schedule', 'fits_my_plan', 'all'];

export default class extends Page {
  static title = words.menu.evenings;
  most = PAGE;

  async refresh() {
    const { found, ofMonth, ...others } = this.reads;
    [this.found, this.ofMonth] = await Promise.all([
      this.api.pages(found, this.most),
      this.api.list(ofMonth),
      super.refresh(others),
    ]);
    await turnCalendar(this, 'evenings', this.found.lines);
  }

  view() {
    return html`${this.head}
      <div class="beside">
        <div>${this.#filters()}
          ${monthCalendar(this.month, this.ofMonth, this.query,
            (from, to) => this.#find({ date_from: from, date_to: to }))}</div>
        <div><p class="facts" role="status">${words.find.found(this.found)}</p>
          ${eveningList(this.found.lines)}
          ${this.found.more ? this.actions.button(words.common.more, () => this.#more())
            : ''}</div>
      </div>`;
  }

  #filters() {
    const say = words.find;
    const now = (name) => this.query.get(name) ?? '';
    const own = (label, name, options) => field(label, name, { value: now(name), ...options });
    const host = now('author_id') && this.found.lines[0];
    const films = filmChoices(this, now('movie_id'));
    const read = ({ currentTarget: form }) => this.#read(form);
    return html`<form class="tall" role="search" @change=${read} @submit=${read}>
      ${own(say.q, 'q', { type: 'search' })}
      ${own(words.plan.film, 'movie_id', { choices: [['', say.anyFilm], ...films] })}
      ${this.#isOfSeries(now('movie_id')) ? html`<div class="pair">${['season', 'episode'].map((name) =>
        own(words.host[name], name, { type: 'number', min: 1 }))}</div>` : ''}
      <details ?open=${this.query.size > 0}><summary>${say.filters}</summary>
        ${this.isWhole || this.query.size ? html`${own(words.evening.where, 'location')}
        <div class="pair">${['from', 'to'].map((end) =>
          own(say[end], `date_${end}`, { type: 'date' }))}</div>
        ${own(say.sort, 'sort', { choices: Object.entries(say.sorts) })}
        ${['status', 'visibility'].map((name) => own(say[name], name,
          { choices: [['', name === 'status' && !now('mine') ? say.some : say.any],
            ...Object.entries(words.evening[name])] }))}
        ${own(say.rating, 'min_author_rating', { type: 'number', min: 0, max: 10, step: '0.5' })}
        ${own(say.mine, 'mine', { choices: Object.entries(say.mines) })}
        ${CHECKS.map((name) =>
          checkbox(say[name], name, { value: 'true', checked: now(name) === 'true' }))}` : ''}
      </details>
      <p class="actions"><button>${say.find}</button>
        ${this.query.size ? html`<a class="button" href="/evenings">${say.clear}</a>` : ''}</p>
    </form>
    ${host && html`<p>${say.ofHost} <a href="/person/${host.author_id}">${host.author_name}</a></p>`}`;
  }

  #isOfSeries(movieId) {
    return this.films.find(({ id }) => id === movieId)?.kind === 'series';
  }

  /** A box that is not ticked says nothing, so it is said here. */
  #read(form) {
    if (!form.reportValidity()) return;
    const unticked = Object.fromEntries(CHECKS.map((name) => [name, '']));
    const said = { ...unticked, ...readForm(form) };
    if (said.movie_id !== (this.query.get('movie_id') ?? '')) said.season = said.episode = '';
    this.#find(said);
  }

  /** Filters stand in the address, so that what was found can be gone back to. What no field is
   * for, such as a host, stays. */
  #find(filters) {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(filters)) {
      if (value.trim()) query.set(name, value);
      else query.delete(name);
    }
    this.go(`/evenings?${query}`);
  }

  #more() {
    this.most += PAGE;
    return this.actions.run(() => {});
  }
}
