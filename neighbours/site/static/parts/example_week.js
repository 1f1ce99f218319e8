/** Fills an empty system with a week of evenings through the public API, each step as the person
 * who acts in it. Hosts approve every other guest, so that something is left to decide. */

import { Api } from '../api/client.js';
import { askAuth } from '../shell/session.js';
import { eveningIn } from './days.js';
import { OWN_ZONE } from './zones.js';

const FILE = new URL('../example_week.json', import.meta.url).pathname;

/** Play the file. Calls `done(part)` with the part of the evenings that are there. Returns the
 * position of the last write. */
export async function fillExampleWeek(done) {
  const api = new Api();
  const week = new ExampleWeek(await api.get('/neighbours/movies'));
  const evenings = await api.get(FILE);
  for (const [index, evening] of evenings.entries()) {
    await week.play(evening);
    done((index + 1) / evenings.length);
  }
  return week.position;
}

class ExampleWeek {
  #apis = new Map();
  #asked = 0;

  constructor(films) {
    this.films = new Map(films.map((film) => [film.title, film.id]));
  }

  get position() {
    return Math.max(...[...this.#apis.values()].map((api) => api.position));
  }

  async play({ film, host, days, guests, title, place, seats }) {
    const api = await this.#of(host);
    const { id } = await api.post(`/api/v1/announcement/${this.films.get(film)}`, {
      title, description: '', event_time: eveningIn(days), event_location: place, ticket_count: seats,
      sub_only: false, is_free: true, tz: OWN_ZONE,
    });
    for (const guest of guests) {
      const { booking_id: booking } = await (await this.#of(guest)).post(`/api/v1/booking/${id}`);
      if (this.#asked++ % 2 === 0) await api.put(`/api/v1/booking/${booking}`, { my_status: true });
    }
  }

  async #of(login) {
    if (!this.#apis.has(login)) this.#apis.set(login, new Api((await askAuth(login)).token));
    return this.#apis.get(login);
  }
}
