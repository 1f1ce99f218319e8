/** The terms of an evening as a form: to announce one, and to change it. */

import { html, language, words } from '../shell/view.js';
import { checkbox, field, onSubmit } from './form.js';
import { OWN_ZONE, instantOf, knownZone, localTime, zonesAfter } from './zones.js';

const CURRENCIES = [['RUB'], ['EUR'], ['USD']];

/** `evening` has what the fields begin with; `film` the seasons of a series. `submit` gets the terms,
 * and what the button says. */
export function eveningForm(evening, film, submit, buttons) {
  const say = words.host;
  const price = evening.price_amount?.toLocaleString(language, { useGrouping: false });
  const zone = knownZone(evening.tz);
  const own = (label, name, options) => field(label, name, { value: evening[name], ...options });
  const check = (label, name) => checkbox(label, name, { checked: evening[name] });
  return html`<form class="tall"
    @submit=${onSubmit((said, form, button) => submit(readEvening(said), button))}>
    ${own(say.title, 'title', { required: true })}
    ${own(say.description, 'description', { rows: 3 })}
    ${film?.kind === 'series' && !evening.id ? episodeFields(film) : ''}
    <div class="pair">
      ${own(words.evening.when, 'event_time',
        { type: 'datetime-local', value: localTime(evening.event_time, zone), required: true })}
      ${own(say.zone, 'tz', { value: evening.tz === null ? '' : zone,
        choices: [['', say.noZone], ...zonesAfter(zone)] })}
    </div>
    ${own(words.evening.where, 'event_location', { required: true })}
    ${check(say.hideLocation, 'hide_location')}
    ${own(words.evening.hint, 'location_hint')}
    ${own(words.evening.seats, 'ticket_count', { type: 'number', min: 1, required: true })}
    <div class="pair">
      ${own(say.price, 'price_amount', { inputmode: 'decimal', required: true,
        value: evening.is_free === false ? price : 0, hint: say.priceHint })}
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
function readEvening(said) {
  const amount = +said.price_amount.replace(',', '.');
  // What is no number is the API's to refuse.
  const price = isNaN(amount) ? said.price_amount : amount;
  return {
    ...said,
    event_time: instantOf(said.event_time, said.tz || OWN_ZONE),
    tz: said.tz || null,
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

/** Return only what differs from the evening, whose time is taken to the minute. */
export function changesOf(evening, body) {
  const zone = knownZone(evening.tz);
  const event_time = instantOf(localTime(evening.event_time, zone), zone);
  const before = { ...evening, event_time };
  return Object.fromEntries(Object.entries(body).filter(([name, value]) => value !== before[name]));
}
