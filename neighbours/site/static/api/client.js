/** The API as one person uses it: requests with that person's token, and answers or problems. */

import { headersOf, takeEarly } from './early.js';
import { words } from '../words/index.js';
import { addressOf } from './reads.js';

const UNREACHABLE = 0;
const ATTEMPTS_MAX = 4;
const RETRY_S_MAX = 5;
/** What the API says in English in place of erased and hidden texts. */
const STAND_INS = new Map(Object.entries(words.standIns));

/** An answer that says no (RFC 9457). Its `message` is a sentence in the person's language. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.errors?.[0].reason ?? body.detail ?? body.title ?? `HTTP ${status}`);
    this.status = status;
    this.facts = body;
  }
}

export class Api {
  /** `renew` is called when the token has expired; it returns a new one. */
  constructor(token, renew) {
    this.token = token;
    this.renew = renew;
    /** The newest position that an answer has told us. What we read next reflects it. */
    this.position = 0;
  }

  async fetch(path, parameters = {}) {
    const least = path.startsWith('/api/') && this.position ? this.position : null;
    const address = addressOf(path, { ...parameters, min_position: least });
    return patiently(() => this.#send('GET', address));
  }

  async get(path, parameters) {
    return (await this.fetch(path, parameters)).body;
  }

  /** Read pages of a list until there are `most` lines. Returns the `lines`, and whether there
   * are `more`. */
  async pages(path, most) {
    const lines = [];
    let cursor;
    do {
      const { body, headers } = await this.fetch(path, { cursor });
      lines.push(...body);
      cursor = headers.get('X-Next-Cursor');
    } while (cursor && lines.length < most);
    return { lines, more: Boolean(cursor) };
  }

  /** Read a list, of which 500 lines are enough. */
  async list(path) {
    return (await this.pages(path, 500)).lines;
  }

  post = (path, body) => this.#write('POST', path, body);
  put = (path, body) => this.#write('PUT', path, body);
  delete = (path) => this.#write('DELETE', path);

  async open(path, headers, signal) {
    const response = await this.#ask('GET', path, { headers, signal });
    if (!response.ok) throw new Problem(response.status, await readBody(response));
    return response;
  }

  /** Write once. Where the outcome is not known, the same key is sent again, which has no second
   * effect. */
  async #write(method, path, body) {
    const key = crypto.randomUUID();
    const answer = await patiently(() => this.#send(method, path, body, key));
    return answer.body;
  }

  async #send(method, path, body, key) {
    const response = await this.#ask(method, path, { body, key });
    const position = Number(response.headers.get('X-Position'));
    if (key && position > this.position) this.position = position;
    const answer = await readBody(response);
    if (!response.ok) throw new Problem(response.status, answer);
    return { body: answer, headers: response.headers };
  }

  async #ask(method, path, options) {
    const response = await this.#request(method, path, options);
    if (response.status !== 401 || !this.renew) return response;
    this.token = await this.renew();
    return this.#request(method, path, options);
  }

  /** Send one request. What the first page reads is already on its way. */
  async #request(method, path, { body, key, headers = {}, signal }) {
    const all = { ...headersOf(this.token), ...headers };
    if (key) all['Idempotency-Key'] = key;
    if (body !== undefined) all['Content-Type'] = 'application/json';
    const init = { method, headers: all, body: body && JSON.stringify(body), signal };
    const first = method === 'GET' ? await takeEarly(path, this.token) : null;
    return first ?? fetch(path, init).catch((error) => {
      throw signal?.aborted ? error : new Problem(UNREACHABLE, { detail: words.common.unreachable });
    });
  }
}

/** Send until there is an answer. A lost connection and 503 are worth another attempt; any other
 * problem is an answer. */
async function patiently(send) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || ![UNREACHABLE, 503].includes(error.status)) throw error;
      await pause(Math.min(error.facts.retry_after_s ?? attempt, RETRY_S_MAX));
    }
  }
}

async function readBody(response) {
  const isJson = response.headers.get('Content-Type')?.includes('json');
  const text = await response.text();
  return isJson ? JSON.parse(text, (key, value) => STAND_INS.get(value) ?? value) : text;
}

export function pause(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
