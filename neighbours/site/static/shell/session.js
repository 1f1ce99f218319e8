/** Who uses this tab. Two windows can be two people: the person is the tab's own, and only the
 * names to choose from are shared. */

import { Api, Problem } from '../api/client.js';
import { PERSON } from '../parts/days.js';
import { OWN_ZONE } from '../parts/zones.js';
import { language } from '../words/index.js';

const KNOWN = 'practix.people';
const FIRST = ['anna', 'boris', 'vera'];
/** What Auth is told only of whoever uses this window: others keep their own. */
const OWN = { language, tz: OWN_ZONE };

export class Session {
  constructor() {
    /** `{ login, id, name }`, or null if nobody has logged in. */
    this.person = null;
    this.api = new Api();
    const kept = sessionStorage.getItem(PERSON);
    if (kept) this.#become(JSON.parse(kept));
  }

  /** People who have logged in in this browser, as `{ login, id, name }`. */
  get known() {
    return JSON.parse(localStorage.getItem(KNOWN) ?? '[]');
  }

  /** Let the first people of an empty system be chosen from the beginning. */
  async prepare() {
    if (this.known.length) return;
    try {
      (await Promise.all(FIRST.map((login) => askAuth(login)))).forEach((person) => this.#remember(person));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;  // The page says that there is no answer.
    }
  }

  async logIn(login) {
    const person = await this.#askToken(login);
    this.#remember(person);
    this.#become(person);
  }

  #remember({ login, id, name }) {
    this.#keep([...this.#others(id), { login, id, name }]);
  }

  forget(id) {
    this.#keep(this.#others(id));
  }

  #others(id) {
    return this.known.filter((one) => one.id !== id);
  }

  #keep(people) {
    localStorage.setItem(KNOWN, JSON.stringify(people));
  }

  #become({ token, ...person }) {
    this.person = person;
    this.api = new Api(token, async () => (await this.#askToken(person.login)).token);
  }

  async #askToken(login) {
    const person = await askAuth(login, OWN);
    sessionStorage.setItem(PERSON, JSON.stringify(person));
    return person;
  }
}

/** Log in at the stand-in's Auth. `ahead`: by so many milliseconds the clock of the system, which
 * dates tokens, is ahead of the browser's. */
export async function askAuth(login, own) {
  const answer = await new Api().post('/neighbours/auth/token', { login, ...own });
  const { user_id: id, name, access_token: token } = answer;
  const { iat } = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
  return { login, id, name, token, ahead: iat * 1000 - Date.now() };
}
