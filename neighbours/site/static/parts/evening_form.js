/** The terms of an evening as a form: to announce one, and to change it. */

import { html, nothing, words } from '../shell/view.js';
import { checkbox, field, instantOf, localTime, readForm } from './form.js';

const CURRENCIES = ['RUB', 'EUR', 'USD'];

/** `evening` has what the fields begin with; `film` the seasons of a series. `submit` gets the terms,
 * and what the button says. */
export function eveningForm(evening, film, submit, buttons) {
  const say = words.host;
  const isPaid = evening.is_free === false;
  return html`<form class="tall" 
    @submit=${({ target, submitter }) => submit(readEvening(target), submitter.value)}>
    ${field(say.title, 'title', { value: evening.title, required: true, maxlength: 200 })}
    ${field(say.description, 'description',
      { value: evening.description, rows: 3, maxlength: 4000 })}
    ${film?.kind === 'series' && !evening.id ? episodeFields(film) : nothing}
    ${field(words.evening.when, 'event_time',
      { type: 'datetime-local', value: localTime(evening.event_time), required: true })}
    ${field(words.evening.where, 'event_location',
      { value: evening.event_location, required: true, maxlength: 500 })}
    ${checkbox(say.hideLocation, 'hide_location', { checked: evening.hide_location })}
    ${field(words.evening.hint, 'location_hint',
      { value: evening.location_hint ?? '', maxlength: 500 })}
    ${field(words.evening.seats, 'ticket_count',
      { type: 'number', value: evening.ticket_count, min: 1, max: 10000, required: true })}
    <div class="pair">
      ${field(say.price, 'price_amount', { type: 'number', value: evening.price_amount ?? '',
        min: 0, max: 1000000, step: '0.01', required: isPaid,
        hint: isPaid ? say.priceMissing : say.priceHint })}
      ${field(say.currency, 'price_currency', { value: evening.price_currency ?? CURRENCIES[0],
        choices: CURRENCIES.map((one) => [one, one]) })}
    </div>
    ${field(words.find.visibility, 'visibility', { value: evening.visibility,
      choices: Object.entries(words.evening.visibility) })}
    ${checkbox(say.hideGuests, 'hide_guests', { checked: evening.hide_guests })}
    <p class="actions">${buttons}</p>
  </form>`;
}

function episodeFields(film) {
  const seasons = film.seasons.map((_, index) => [String(index + 1), String(index + 1)]);
  return html`<div class="pair">
    ${field(words.host.season, 'season', { value: '1', choices: seasons })}
    ${field(words.host.episode, 'episode', { type: 'number', value: 1, min: 1, required: true })}
  </div>`;
}

/** Return what the form says, as a body of the API. */
function readEvening(form) {
  const said = readForm(form);
  const price = Number(said.price_amount);
  const body = {
    title: said.title,
    description: said.description,
    event_time: instantOf(said.event_time),
    event_location: said.event_location,
    hide_location: said.hide_location === 'on',
    location_hint: said.location_hint || null,
    ticket_count: Number(said.ticket_count),
    is_free: !price,
    price_amount: price || null,
    price_currency: price ? said.price_currency : null,
    visibility: said.visibility,
    sub_only: said.visibility === 'subscribers',
    hide_guests: said.hide_guests === 'on',
  };
  if (!said.season) return body;
  return { ...body, season: Number(said.season), episode: Number(said.episode) };
}

/** Return only what differs from the evening as it is. */
export function changesOf(evening, body) {
  return Object.fromEntries(Object.entries(body).filter(([name, value]) =>
    name === 'event_time' ? +new Date(value) !== +new Date(evening[name]).setSeconds(0, 0)
      : value !== evening[name]));
}
