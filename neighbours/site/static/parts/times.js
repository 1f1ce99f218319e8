/** Times and prices as people read them. */

import { language } from '../words/index.js';
import { now } from './days.js';
import { OWN_ZONE, knownZone } from './zones.js';

const DAY = { weekday: 'short', day: 'numeric', month: 'long' };
const TIME = { hour: '2-digit', minute: '2-digit' };

/** Dates are written as in Europe, with hours up to 24. */
const LOCALE = language === 'en' ? 'en-GB' : language;

/** `time` is an instant, a day like `2026-11-29` or a month like `2026-11`: these two are the same
 * in every zone. */
function format(options, time) {
  const date = /^[\d-]{7,10}$/.test(time) ? `${time}-01`.slice(0, 10) + 'T12:00' : time;
  return new Intl.DateTimeFormat(LOCALE, options).format(new Date(date));
}

/** By the clock of `zone`, which is named unless it is the person's own or unknown here. */
function clockOf(zone) {
  const timeZone = knownZone(zone);
  return timeZone === OWN_ZONE ? TIME : { ...TIME, timeZone, timeZoneName: 'short' };
}

/** With the year, unless it is this one in the zone. */
function dayOf(time, zone) {
  const [year, present] = [time, now()].map((one) =>
    format({ year: 'numeric', timeZone: knownZone(zone) }, one));
  return year === present ? DAY : { ...DAY, year: 'numeric' };
}

export function formatDay(time) {
  return format(dayOf(time), time);
}

export function formatMoment(time, zone) {
  return format({ ...dayOf(time, zone), ...clockOf(zone) }, time);
}

/** "4 Dec". */
export function formatShortDay(time) {
  return format({ day: 'numeric', month: 'short' }, time);
}

/** "December 2026". */
export function formatMonth(time) {
  return format({ month: 'long', year: 'numeric' }, time);
}

/** "Fri, 4 December, 19:00–21:16". */
export function formatSpan(from, to, zone) {
  const written = new Intl.DateTimeFormat(LOCALE, { ...dayOf(from, zone), ...clockOf(zone) });
  return written.formatRange(new Date(from), new Date(to));
}

/** "300 ₽". */
export function formatPrice(amount, currency) {
  return formatNumber(amount, { style: 'currency', currency, trailingZeroDisplay: 'stripIfInteger' });
}

export function formatNumber(number, options = { maximumFractionDigits: 2 }) {
  return number.toLocaleString(LOCALE, options);
}

/** Names of the days of a week, Monday first; `length` is `short` or `long`. */
export function weekdays(length) {
  return Array.from({ length: 7 }, (_, index) => format({ weekday: length }, `2024-01-0${index + 1}`));
}
