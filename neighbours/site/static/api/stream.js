/** What changes, while it changes: `GET /api/v1/stream`, read with fetch, because EventSource
 * cannot send a token. */

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
  const about = announcementId ? `?announcement_id=${announcementId}` : '';
  let retryS = RETRY_S;
  let ended = false;
  let lastId = '';

  const take = (block) => {
    const { retry, id, event, data } = parseFields(block);
    if (retry) retryS = retry / 1000;
    if (id) lastId = id;
    if (!event) return;
    const told = JSON.parse(data);
    if (event === 'end') ended = !PASSING.has(told.reason);
    else tell({ name: event, data: told });
  };

  const readToItsEnd = async () => {
    const headers = lastId ? { 'Last-Event-ID': lastId } : {};
    const response = await api.open(`/api/v1/stream${about}`, headers, signal);
    connected(true);
    if (!lastId) tell({ name: 'begun' });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ''; ;) {
      const silence = setTimeout(() => reader.cancel(), SILENCE_MS_MAX);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop();
      blocks.forEach(take);
    }
  };

  while (!signal.aborted && !ended) {
    try {
      await readToItsEnd();
    } catch (error) {
      if (signal.aborted) return;
      if (error.status && error.status < 500 && error.status !== 401) return;
    }
    connected(false);
    if (!signal.aborted && !ended) await pause(retryS);
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
