/** Times as people read them, in their own zone. */

import { language } from '../words/index.js';

const DAY = { weekday: 'short', day: 'numeric', month: 'long' };
const TIME = { hour: '2-digit', minute: '2-digit' };

/** Dates are written as in Europe, with hours up to 24. */
const LOCALE = language === 'en' ? 'en-GB' : language;

function format(options) {
  return new Intl.DateTimeFormat(LOCALE, options);
}

export function formatDay(time) {
  return format(DAY).format(new Date(time));
}

export function formatTime(time) {
  return format(TIME).format(new Date(time));
}

export function formatMoment(time) {
  return format({ ...DAY, ...TIME }).format(new Date(time));
}

/** "4 Dec". */
export function formatShortDay(time) {
  return format({ day: 'numeric', month: 'short' }).format(new Date(time));
}

/** "December 2026". */
export function formatMonth(time) {
  return format({ month: 'long', year: 'numeric' }).format(new Date(time));
}

/** "Fri, 4 December, 19:00–21:16". */
export function formatSpan(from, to) {
  return `${formatMoment(from)}–${formatTime(to)}`;
}

export function formatPrice(amount, currency) {
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount);
}

/** Names of the days of a week, Monday first; `length` is `short` or `long`. */
export function weekdays(length) {
  const name = format({ weekday: length });
  return Array.from({ length: 7 }, (_, index) => name.format(new Date(2024, 0, 1 + index)));
}
