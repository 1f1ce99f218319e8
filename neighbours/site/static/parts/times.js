/** Times as people read them, in their own zone. */

import { language } from '../words/index.js';

const DAY = { weekday: 'short', day: 'numeric', month: 'long' };
const TIME = { hour: '2-digit', minute: '2-digit' };

function format(options) {
  return new Intl.DateTimeFormat(language, options);
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

/** "Fri, 4 December, 19:00–21:16". */
export function formatSpan(from, to) {
  return `${formatMoment(from)}–${formatTime(to)}`;
}

export function formatPrice(amount, currency) {
  return new Intl.NumberFormat(language, { style: 'currency', currency }).format(amount);
}
