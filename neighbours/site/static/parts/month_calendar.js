/** A month, with the days that have evenings. Folded on a phone. */

import { readsOf } from '../api/reads.js';
import { html, words } from '../shell/view.js';
import { daysOf, localDay, monthOf } from './days.js';
import { formatMonth, weekdays } from './times.js';

/** As in the style sheet. */
const isNarrow = matchMedia('(max-width: 48rem)').matches;

/** Have the page of this name show the month of the first of its `evenings`. It has read that of
 * today. */
export async function turnCalendar(page, name, evenings) {
  const { ofMonth } = readsOf(name, '', page.query, '', evenings);
  page.month = monthOf(page.query, evenings).month;
  if (ofMonth !== page.reads.ofMonth) page.ofMonth = await page.api.list(ofMonth);
}

/** `month` is like `2026-11`, `evenings` are those that begin in it. `query` has the days that are
 * chosen now. `choose(from, to)` is called with days like `2026-11-29`, or with empty ones if the
 * chosen day is chosen again. */
export function monthCalendar(month, evenings, query, choose) {
  const [first, last] = daysOf(month);
  const chosen = query.get('date_from') === query.get('date_to') ? query.get('date_from') : null;
  const counts = Map.groupBy(evenings, ({ event_time: time }) => localDay(new Date(time)));
  const days = Array.from({ length: Number(last.slice(8)) }, (_, index) =>
    `${month}-${String(index + 1).padStart(2, '0')}`);
  const before = (new Date(`${first}T12:00`).getDay() + 6) % 7;
  const turn = (label, sign, months) => html`<button aria-label=${label}
    @click=${() => choose(...daysOf(month, months))}>${sign}</button>`;
  return html`<details class="calendar" ?open=${!isNarrow}><summary>${words.find.calendar}</summary>
    <p class="actions">${turn(words.find.earlier, '‹', -1)}
      <strong>${formatMonth(month)}</strong>
      ${turn(words.find.later, '›', 1)}</p>
    <div class="days">
      ${weekdays('short').map((name) => html`<span class="facts">${name}</span>`)}
      ${Array.from({ length: before }, () => html`<span></span>`)}
      ${days.map((day) => dayCell(day, counts.get(day)?.length, chosen === day, choose))}
    </div></details>`;
}

function dayCell(day, count, isChosen, choose) {
  const number = Number(day.slice(8));
  if (!count) return html`<span class="day quiet">${number}</span>`;
  return html`<button class="day" aria-pressed=${isChosen}
    aria-label=${words.find.onDay(number, count)}
    @click=${() => (isChosen ? choose('', '') : choose(day, day))}>${number}
    <small>${count}</small></button>`;
}
