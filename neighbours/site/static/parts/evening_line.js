import { html, words } from '../shell/view.js';
import { formatMoment, formatNumber, formatPrice } from './times.js';

const say = words.evening;

/** `notes` are what else there is to say; empty ones are left out. */
export function eveningLine(evening, notes = []) {
  const { status, my_state: state } = evening;
  return html`<li class="evening">
    <a href="/evening/${evening.id}">
      <strong>${evening.title}</strong>
      <span class="film">${filmName(evening)}</span>
      <time datetime=${evening.event_time}>${formatMoment(evening.event_time, evening.tz)}</time>
      <span>${placeOf(evening)}</span>
      <span class="facts">${say.left(evening.tickets_left, evening.ticket_count)} ·
        ${priceOf(evening)} · ${evening.author_name}, ${ratingOf(evening)}</span>
      <span class="tags">${status === 'Alive' ? '' : tag(statusOf(evening))} ${notes.map((one) => tag(one))}
        ${state && tag(stateOf(state, evening), 'mine')}</span>
    </a>
  </li>`;
}

export function eveningList(evenings) {
  return html`<ul class="evenings">${evenings.map((one) => eveningLine(one))}</ul>`;
}

/** Links to evenings, with their times. A private one has no title. */
export function eveningLinks(evenings) {
  return html`<ul>${evenings.map((one) => html`<li>${one.title
    ? html`<a href="/evening/${one.announcement_id}">${one.title}</a>, ` : ''}
    ${formatMoment(one.event_time)}</li>`)}</ul>`;
}

/** Bookings of which something may still come. */
export const OPEN = new Set(['requested', 'waitlisted', 'invited', 'offered', 'confirmed']);

export function isOver({ status }) {
  return ['Done', 'Cancelled'].includes(status);
}

/** The state of a booking, as the host reads it or others do: what became of it, if the evening is
 * over; nothing, if it was cancelled with the evening. */
export function stateOf(state, evening, isHost) {
  if (!OPEN.has(state) || !isOver(evening)) {
    return (isHost && words.host.states[state]) || words.state[state];
  }
  return evening.status === 'Done' ? say.past[state] ?? say.past.open : '';
}

export function guestList(evening, isHost) {
  return html`<ul class="people">${evening.guest_list.map((guest) => html`<li>
    <a href="/person/${guest.guest_id}">${guest.guest_name}</a>
    ${tag(stateOf(guest.state, evening, isHost))}</li>`)}</ul>`;
}

export function tag(text, look = '') {
  return text ? html`<span class="tag ${look}">${text}</span> ` : '';
}

export function filmName(evening) {
  const { season, episode, movie_title: title } = evening;
  return season ? `${title}, ${words.film.episode(season, episode)}` : title;
}

/** Such an evening is closed only until a seat is free: one can still wait for it. */
export function isFull({ status, closed_reason: reason }) {
  return status === 'Closed' && reason === 'full';
}

export function statusOf(evening) {
  return isFull(evening) ? say.full : say.status[evening.status];
}

export function placeOf(evening) {
  return evening.event_location ?? evening.location_hint ?? say.hidden;
}

export function priceOf(evening) {
  if (evening.is_free) return say.free;
  if (evening.price_amount === null) return say.paid;
  return formatPrice(evening.price_amount, evening.price_currency);
}

export function ratingOf(evening) {
  return ratingText(evening.author_rating, evening.author_rating_count);
}

export function ratingText(score, count) {
  if (!count) return words.rating.none;
  return words.rating.of(formatNumber(score, { minimumFractionDigits: 1 }), count);
}
