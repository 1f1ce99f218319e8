/** Fills an empty system with a week of evenings: replays a file of traffic, like `practix demo`,
 * through the public API, each line as the person who acts in it. Hosts approve half of those who
 * ask, so that something is left to decide. */

import { Api } from '../api/client.js';
import { askAuth } from '../shell/session.js';

const FILE = new URL('../example_week.jsonl', import.meta.url).pathname;
const FIRST_AT = 19;

/** Replay the file. Calls `done(part)` with the part of the lines that are replayed. Returns the
 * position of the last write. */
export async function fillExampleWeek(done) {
  const lines = (await new Api().get(FILE)).trim().split('\n').map((line) => JSON.parse(line));
  const week = new ExampleWeek(await new Api().get('/neighbours/movies'));
  for (const [index, line] of lines.entries()) {
    await week.play(line, index);
    done((index + 1) / lines.length);
  }
  return week.position;
}

class ExampleWeek {
  #apis = new Map();
  #evenings = new Map();

  constructor(films) {
    this.films = new Map(films.map((film) => [film.title, film.id]));
  }

  get position() {
    return Math.max(...[...this.#apis.values()].map((api) => api.position));
  }

  async play(line, index) {
    if (line.kind === 'announce') await this.#announce(line);
    else await this.#request(line, index % 2 === 0);
  }

  async #announce({ event, host, film, title, place, seats, starts_at_ms: startMs }) {
    const api = await this.#of(host);
    const evening = await api.post(`/api/v1/announcement/${this.films.get(film)}`, {
      title,
      description: '',
      sub_only: false,
      is_free: true,
      ticket_count: seats,
      event_time: inDays(Math.round(startMs / 86_400_000)),
      event_location: place,
    });
    this.#evenings.set(event, { id: evening.id, host });
  }

  async #request({ event, guest }, isApproved) {
    const { id, host } = this.#evenings.get(event);
    const booking = await (await this.#of(guest)).post(`/api/v1/booking/${id}`);
    if (!isApproved) return;
    await (await this.#of(host)).put(`/api/v1/booking/${booking.booking_id}`, { my_status: true });
  }

  async #of(login) {
    if (!this.#apis.has(login)) this.#apis.set(login, new Api((await askAuth(login)).token));
    return this.#apis.get(login);
  }
}

/** The evening of a day to come. */
function inDays(days) {
  const time = new Date();
  time.setDate(time.getDate() + days);
  time.setHours(FIRST_AT, 0, 0, 0);
  return time.toISOString();
}
