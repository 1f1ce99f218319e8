/** What changes, while it changes: `GET /api/v1/stream`, read with fetch, because EventSource
 * cannot send a token and a token in an address would end up in logs. */

import { pause } from './client.js';

const RETRY_S = 3;
/** The server says something at least every 15 seconds. */
const SILENCE_MS_MAX = 40_000;
/** These ends are not for good: the server restarts, or the token was renewed. */
const PASSING = new Set(['shutting_down', 'token_expired', 'unauthenticated']);

/** Follow the stream until `signal` aborts. Calls `tell({ name, data })` for each event,
 * `connected(true | false)` when the connection comes and goes, and `tell({ name: 'begun' })` when
 * a stream begins anew: what was read before may be old by then. */
export async function follow(api, { announcementId, tell, connected, signal }) {
  const stream = new Stream(api, announcementId, tell, connected, signal);
  while (!signal.aborted && !stream.ended) {
    try {
      await stream.read();
    } catch (error) {
      if (signal.aborted) return;
      if (error.status && error.status < 500 && error.status !== 401) return;
    }
    connected(false);
    if (!signal.aborted && !stream.ended) await pause(stream.retryS);
  }
}

class Stream {
  retryS = RETRY_S;
  ended = false;
  #lastId = '';

  constructor(api, announcementId, tell, connected, signal) {
    Object.assign(this, { api, announcementId, tell, connected, signal });
  }

  /** Read one connection to its end. */
  async read() {
    const response = await this.api.open(this.#address(), this.#headers(), this.signal);
    this.connected(true);
    if (!this.#lastId) this.tell({ name: 'begun' });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const silence = setTimeout(() => reader.cancel(), SILENCE_MS_MAX);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      blocks.forEach((block) => this.#take(block));
    }
  }

  #address() {
    const about = this.announcementId ? `?announcement_id=${this.announcementId}` : '';
    return `/api/v1/stream${about}`;
  }

  #headers() {
    return this.#lastId ? { 'Last-Event-ID': this.#lastId } : {};
  }

  #take(block) {
    const fields = parseFields(block);
    if (fields.retry) this.retryS = Number(fields.retry) / 1000;
    if (fields.id) this.#lastId = fields.id;
    if (!fields.event) return;
    const data = JSON.parse(fields.data);
    if (fields.event === 'end') this.ended = !PASSING.has(data.reason);
    else this.tell({ name: fields.event, data });
  }
}

function parseFields(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
  }
  return fields;
}
