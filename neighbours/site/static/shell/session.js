/** Who uses this tab. Two windows can be two people: the person is the tab's own, and only the
 * names to choose from are shared.
 *
 * A real site would send people to Auth. Here the stand-in's Auth lets in anybody by a login. */

import { Api, Problem } from '../api/client.js';
import { PERSON } from '../api/early.js';
import { language } from '../words/index.js';

const KNOWN = 'practix.people';
const FIRST = ['anna', 'boris', 'vera'];
/** What Auth is told only of whoever uses this window: others keep their own. */
const OWN = { language, tz: Intl.DateTimeFormat().resolvedOptions().timeZone };

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
    const person = await askAuth(login, OWN);
    sessionStorage.setItem(PERSON, JSON.stringify(person));
    this.#remember(person);
    this.#become(person);
  }

  #remember({ login, id, name }) {
    const others = this.known.filter((one) => one.id !== id);
    localStorage.setItem(KNOWN, JSON.stringify([...others, { login, id, name }]));
  }

  #become({ token, ...person }) {
    this.person = person;
    this.api = new Api(token, async () => {
      const renewed = await askAuth(person.login, OWN);
      sessionStorage.setItem(PERSON, JSON.stringify(renewed));
      return renewed.token;
    });
  }
}

/** Log in at the stand-in's Auth. Returns `{ login, id, name, token }`. */
export async function askAuth(login, own) {
  const answer = await new Api().post('/neighbours/auth/token', { login, ...own });
  return { login, id: answer.user_id, name: answer.name, token: answer.access_token };
}
