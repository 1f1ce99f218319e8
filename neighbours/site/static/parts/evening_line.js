/** An evening in a list. */

import { html, nothing } from '../vendor/lit-html.js';
import { words } from '../words/index.js';
import { formatMoment, formatPrice } from './times.js';

/** `notes` are what else there is to say; empty ones are left out. */
export function eveningLine(evening, notes = []) {
  const { status, my_state: state } = evening;
  const tags = [status === 'Alive' ? '' : words.evening.status[status], ...notes];
  return html`<li class="evening">
    <a href="/evening/${evening.id}">
      <strong>${evening.title}</strong>
      <span class="film">${filmName(evening)}</span>
      <time datetime=${evening.event_time}>${formatMoment(evening.event_time)}</time>
      <span>${placeOf(evening)}</span>
      <span class="facts">${words.evening.left(evening.tickets_left, evening.ticket_count)} ·
        ${priceOf(evening)} · ${evening.author_name}, ${ratingOf(evening)}</span>
      <span class="tags">${tags.filter(Boolean).map((one) => html`<span class="tag">${one}</span> `)}
        ${state ? html`<span class="tag mine">${words.state[state]}</span>` : nothing}</span>
    </a>
  </li>`;
}

export function eveningList(evenings) {
  return evenings.length ? html`<ul class="evenings">${evenings.map((one) => eveningLine(one))}</ul>`
    : html`<p class="quiet">${words.common.nothing}</p>`;
}

export function filmName(evening) {
  const { season, episode, movie_title: title } = evening;
  return season ? `${title}, ${season}×${episode}` : title;
}

export function placeOf(evening) {
  return evening.event_location ?? evening.location_hint ?? words.evening.hidden;
}

export function priceOf(evening) {
  if (evening.is_free || evening.price_amount === null) return words.evening.free;
  return formatPrice(evening.price_amount, evening.price_currency);
}

export function ratingOf(evening) {
  return ratingText(evening.author_rating, evening.author_rating_count);
}

export function ratingText(score, count) {
  return count ? words.rating.of(score.toFixed(1), count) : words.rating.none;
}
