/** Finds evenings: every filter of the list, and a calendar of the days that have some. */

import { html, nothing } from '../vendor/lit-html.js';
import { eveningList } from '../parts/evening_line.js';
import { checkbox, field, readForm } from '../parts/form.js';
import { monthCalendar } from '../parts/month_calendar.js';
import { Page } from '../shell/page.js';
import { words } from '../words/index.js';

const ADDRESS = '/api/v1/announcements';
const PAGE = 20;
const CHECKS = ['has_seats', 'is_free', 'fits_my_schedule', 'fits_my_plan'];

export default class EveningsPage extends Page {
  static needsPerson = true;

  most = PAGE;

  async refresh() {
    const wanted = { ...Object.fromEntries(this.query), limit: PAGE };
    const month = this.query.get('date_from')?.slice(0, 7) ?? new Date().toISOString().slice(0, 7);
    const [first, last] = daysOf(month);
    const ofMonth = { ...wanted, date_from: first, date_to: last, limit: 100 };
    [this.found, this.ofMonth] = await Promise.all([
      this.api.pages(ADDRESS, wanted, this.most),
      this.api.list(ADDRESS, ofMonth),
    ]);
    this.month = month;
  }

  title() {
    return words.menu.evenings;
  }

  view() {
    return html`<h1>${words.menu.evenings}</h1>
      ${this.actions.said}
      <div class="beside">
        <div>${this.#filters()}
          ${monthCalendar(this.month, this.ofMonth, this.query.get('date_from'),
            (from, to) => this.#find({ date_from: from, date_to: to }))}</div>
        <div>${eveningList(this.found.lines)}
          ${this.found.more ? html`<button ?disabled=${this.actions.busy} @click=${() => this.#more()}>
            ${words.common.more}</button>` : nothing}</div>
      </div>`;
  }

  #filters() {
    const now = (name) => this.query.get(name) ?? '';
    const say = words.find;
    return html`<form class="tall" @change=${(event) => this.#read(event.currentTarget)}
        @submit=${(event) => { event.preventDefault(); this.#read(event.target); }}>
      ${field(say.q, 'q', { value: now('q'), type: 'search' })}
      ${field(say.location, 'location', { value: now('location') })}
      <details ?open=${this.query.size > 0}><summary>${say.filters}</summary>
        <div class="pair">
          ${field(say.from, 'date_from', { type: 'date', value: now('date_from') })}
          ${field(say.to, 'date_to', { type: 'date', value: now('date_to') })}
        </div>
        ${field(say.sort, 'sort', { value: now('sort'), choices: Object.entries(say.sorts) })}
        ${field(say.status, 'status', { value: now('status'), choices: [['', say.any],
          ...Object.entries(words.evening.status)] })}
        ${field(say.visibility, 'visibility', { value: now('visibility'), choices: [['', say.any],
          ...Object.entries(words.evening.visibility)] })}
        ${field(say.rating, 'min_author_rating',
          { type: 'number', min: 0, max: 10, step: '0.5', value: now('min_author_rating') })}
        ${field(say.mine, 'mine', { value: now('mine'), choices: Object.entries(say.mines) })}
        ${CHECKS.map((name) =>
          checkbox(say[name], name, { value: 'true', checked: now(name) === 'true' }))}
      </details>
      <button>${say.find}</button>
    </form>`;
  }

  /** A box that is not ticked says nothing, so it is said here. */
  #read(form) {
    const unticked = Object.fromEntries(CHECKS.map((name) => [name, '']));
    this.#find({ ...unticked, ...readForm(form) });
  }

  /** Filters stand in the address, so that what was found can be gone back to. What no field is
   * for, such as a film, stays. */
  #find(filters) {
    const query = new URLSearchParams(this.query);
    for (const [name, value] of Object.entries(filters)) {
      if (value) query.set(name, value);
      else query.delete(name);
    }
    this.go(`/evenings?${query}`);
  }

  #more() {
    this.most += PAGE;
    return this.actions.run(() => {});
  }
}

function daysOf(month) {
  const [year, number] = month.split('-').map(Number);
  const last = new Date(Date.UTC(year, number, 0)).getUTCDate();
  return [`${month}-01`, `${month}-${last}`];
}
