/** Days as the API has them, like `2026-11-29`, in the person's zone. */

export function localDay(date) {
  const parts = [date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0'));
  return [date.getFullYear(), ...parts].join('-');
}

/** First and last day of a month like `2026-11`, or of one so many `months` later. */
export function daysOf(month, months = 0) {
  const [year, number] = month.split('-').map(Number);
  return [new Date(year, number - 1 + months, 1), new Date(year, number + months, 0)].map(localDay);
}

/** The first day that a page shows, today if its address says none, and the month around it. */
export function monthOf(query) {
  const from = query.get('date_from') ?? localDay(new Date());
  const month = from.slice(0, 7);
  const [first, last] = daysOf(month);
  return { from, month, days: { date_from: first, date_to: last } };
}
