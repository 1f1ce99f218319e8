/** Asks for what the first page reads while most modules are on their way. `client.js` takes the
 * answers from here. */

import { PERSON } from '../parts/days.js';
import { findRoute } from '../shell/router.js';
import { readsOf } from './reads.js';

/** Answers on their way, by address. */
const begun = new Map();
const person = JSON.parse(sessionStorage.getItem(PERSON));
const route = findRoute(location.pathname);

export function headersOf(token) {
  const language = { 'Accept-Language': document.documentElement.lang };
  return token ? { ...language, Authorization: `Bearer ${token}` } : language;
}

if (person && route) {
  const query = new URLSearchParams(location.search);
  const reads = readsOf(route.page, route.args[0], query, person.id);
  const init = { headers: headersOf(person.token) };
  for (const address of new Set(Object.values(reads))) {
    if (address) begun.set(address, fetch(address, init).catch(() => null));
  }
}

/** Take an answer, once. Returns null if there is none for this token, or not a good one: then it
 * is to be asked for. */
export async function takeEarly(address, token) {
  const coming = token === person?.token ? begun.get(address) : null;
  begun.delete(address);
  const response = await coming;
  return response?.ok ? response : null;
}

/** Forget what was not taken: it is old once the page is shown. */
export function endEarly() {
  begun.clear();
}
