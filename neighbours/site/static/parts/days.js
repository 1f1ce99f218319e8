/** Days as the API has them, like `2026-11-29`, in the person's zone. */

/** The tab keeps its person under this name. */
export const PERSON = 'practix.person';

/** By the system's clock. */
export function now() {
  const person = JSON.parse(sessionStorage.getItem(PERSON));
  return new Date(Date.now() + (person?.ahead ?? 0));
}

export function eveningIn(days) {
  const time = now();
  time.setDate(time.getDate() + days);
  time.setHours(19, 0, 0, 0);
  return time.toISOString();
}

export function localDay(date) {
  const parts = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0'));
  return [date.getFullYear(), ...parts].join('-');
}

/** First and last day of a month like `2026-11`, or of one so many `months` later. */
export function daysOf(month, months = 0) {
  const [year, number] = month.split('-').map(Number);
  return [new Date(year, number - 1 + months, 1), new Date(year, number + months, 0)].map(localDay);
}

/** The first day of a page and the month around it. If its address says none, it is the day of the
 * first of its `evenings`, or today. */
export function monthOf(query, evenings = []) {
  const times = evenings.map(({ event_time: time }) => new Date(time));
  const first = times.length ? new Date(Math.min(...times)) : now();
  const from = query.get('date_from') ?? localDay(first);
  const month = from.slice(0, 7);
  const [date_from, date_to] = daysOf(month);
  return { from, month, days: { date_from, date_to } };
}
