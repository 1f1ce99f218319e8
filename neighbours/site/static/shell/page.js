/** What all pages have in common: they read what they show, and read it anew after everything
 * that is done. Nothing is shown before the API has confirmed it. */

import { Problem } from '../api/client.js';
import { Actions } from '../parts/action.js';

/** After these, what the page shows is not the person's to see any more. */
const GONE = new Set([401, 403, 404]);

export class Page {
  #reading = Promise.resolve();
  #waiting = null;

  /** `context` has `args` (what the address names), `query`, `api`, `person` (or null),
   * `knownPeople` (who has used this browser), `become(login)`, `go(address)`, `redraw()`,
   * `fail(error)` to show that instead, `follow(tell)` for what changes, and `signal`, which
   * aborts when the page is left. */
  constructor(context) {
    Object.assign(this, context);
    this.actions = new Actions(this);
  }

  /** Read everything and return the page. Raises Problem. */
  static async open(context) {
    const page = new this(context);
    await page.read();
    page.begin();
    return page;
  }

  /** Whether the page is also for visitors who have not logged in. */
  static isOpen = false;

  /** Read what the page shows. Use `read` to read it anew. */
  async refresh() {}

  /** Read anew once what is being read has come, so that no older answer replaces a newer one. */
  read() {
    this.#waiting ??= this.#reading.catch(() => {}).then(() => {
      this.#waiting = null;
      return this.refresh();
    });
    this.#reading = this.#waiting;
    return this.#reading;
  }

  /** Read anew and show it, for what others have changed. While there is no answer, the page
   * stays as it is. */
  async renew() {
    try {
      await this.read();
      this.redraw();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (GONE.has(error.status)) this.fail(error);
    }
  }

  /** Do once what the page needs when it is shown first, such as following changes. */
  begin() {}

  /** The name of the page, in the person's language. */
  title() {
    return '';
  }

  /** Render what the page knows now. */
  view() {}

  /** Do what has to follow whenever the page has been drawn. */
  drawn() {}
}
