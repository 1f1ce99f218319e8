/** A month, with the days on which there are evenings. */

import { html, nothing } from '../vendor/lit-html.js';
import { language, words } from '../words/index.js';

/** `month` is like `2026-11`; `choose(from, to)` is called with days like `2026-11-29`, or with
 * empty ones if the `chosen` day is chosen again. */
export function monthCalendar(month, evenings, chosen, choose) {
  const [year, number] = month.split('-').map(Number);
  const first = new Date(year, number - 1, 1);
  const counts = countByDay(evenings);
  const days = Array.from({ length: new Date(year, number, 0).getDate() }, (_, index) =>
    `${month}-${String(index + 1).padStart(2, '0')}`);
  return html`<section class="calendar">
    <p class="actions">
      <button type="button" aria-label=${words.find.earlier}
        @click=${() => choose(...monthFrom(year, number - 2))}>‹</button>
      <strong>${first.toLocaleDateString(language, { month: 'long', year: 'numeric' })}</strong>
      <button type="button" aria-label=${words.find.later}
        @click=${() => choose(...monthFrom(year, number))}>›</button>
    </p>
    <div class="days">
      ${weekdays().map((name) => html`<span class="facts">${name}</span>`)}
      ${Array.from({ length: (first.getDay() + 6) % 7 }, () => html`<span></span>`)}
      ${days.map((day) => dayCell(day, counts.get(day), chosen === day, choose))}
    </div></section>`;
}

function dayCell(day, count, isChosen, choose) {
  const number = Number(day.slice(8));
  if (!count) return html`<span class="day quiet">${number}</span>`;
  return html`<button type="button" class="day" aria-pressed=${isChosen}
    aria-label=${words.find.onDay(number, count)}
    @click=${() => (isChosen ? choose('', '') : choose(day, day))}>${number}
    <small>${count}</small></button>`;
}

function countByDay(evenings) {
  const counts = new Map();
  for (const { event_time: time } of evenings) {
    const day = localDay(new Date(time));
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  return counts;
}

/** First and last day of a month that is counted from January of `year`, which is 0. */
function monthFrom(year, index) {
  return [localDay(new Date(year, index, 1)), localDay(new Date(year, index + 1, 0))];
}

function localDay(date) {
  const parts = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0'));
  return [date.getFullYear(), ...parts].join('-');
}

/** Short names of the days of a week, Monday first. */
function weekdays() {
  const name = new Intl.DateTimeFormat(language, { weekday: 'short' });
  return Array.from({ length: 7 }, (_, index) => name.format(new Date(2024, 0, 1 + index)));
}
