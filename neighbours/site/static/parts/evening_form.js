/** The terms of an evening as a form: to announce one, and to change it. */

import { html, words } from '../shell/view.js';
import { checkbox, field, instantOf, localTime, readForm } from './form.js';
import { OWN_ZONE } from './times.js';

const CURRENCIES = [['RUB'], ['EUR'], ['USD']];

/** `evening` has what the fields begin with; `film` the seasons of a series. `submit` gets the terms,
 * and what the button says. */
export function eveningForm(evening, film, submit, buttons) {
  const say = words.host;
  const zone = evening.tz ?? OWN_ZONE;
  const isPaid = evening.is_free === false;
  const own = (label, name, options) => field(label, name, { value: evening[name] ?? '', ...options });
  const check = (label, name) => checkbox(label, name, { checked: evening[name] });
  return html`<form class="tall"
    @submit=${({ target, submitter }) => submit(readEvening(target), submitter.value)}>
    ${own(say.title, 'title', { required: true })}
    ${own(say.description, 'description', { rows: 3 })}
    ${film?.kind === 'series' && !evening.id ? episodeFields(film) : ''}
    ${field(words.evening.when, 'event_time',
      { type: 'datetime-local', value: localTime(evening.event_time), required: true })}
    ${checkbox(say.zone(zone), 'tz', { checked: evening.tz !== null, value: zone })}
    ${own(words.evening.where, 'event_location', { required: true })}
    ${check(say.hideLocation, 'hide_location')}
    ${own(words.evening.hint, 'location_hint')}
    ${own(words.evening.seats, 'ticket_count', { type: 'number', min: 1, required: true })}
    <div class="pair">
      ${own(say.price, 'price_amount', { type: 'number', min: 0, step: '0.01', required: isPaid,
        hint: isPaid ? say.priceMissing : say.priceHint })}
      ${own(say.currency, 'price_currency', { choices: CURRENCIES })}
    </div>
    ${own(words.find.visibility, 'visibility', { choices: Object.entries(words.evening.visibility) })}
    ${check(say.hideGuests, 'hide_guests')}
    <p class="actions">${buttons}</p>
  </form>`;
}

function episodeFields(film) {
  const seasons = film.seasons.map((_, index) => [index + 1]);
  return html`<div class="pair">
    ${field(words.host.season, 'season', { value: 1, choices: seasons })}
    ${field(words.host.episode, 'episode', { type: 'number', value: 1, min: 1, required: true })}
  </div>`;
}

/** Return what the form says, as a body of the API. */
function readEvening(form) {
  const said = readForm(form);
  const price = +said.price_amount;
  return {
    ...said,
    event_time: instantOf(said.event_time),
    tz: said.tz ?? null,
    hide_location: !!said.hide_location,
    location_hint: said.location_hint || null,
    ticket_count: +said.ticket_count,
    is_free: !price,
    price_amount: price || null,
    price_currency: price ? said.price_currency : null,
    sub_only: said.visibility === 'subscribers',
    hide_guests: !!said.hide_guests,
    ...said.season && { season: +said.season, episode: +said.episode },
  };
}

/** Return only what differs from the evening as it is. */
export function changesOf(evening, body) {
  return Object.fromEntries(Object.entries(body).filter(([name, value]) =>
    name === 'event_time' ? +new Date(value) !== +new Date(evening[name]).setSeconds(0, 0)
      : value !== evening[name]));
}
