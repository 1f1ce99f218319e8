/** What all pages have in common: they read what they show, and read it anew after everything
 * that is done. Nothing is shown before the API has confirmed it. */

import { Problem } from '../api/client.js';
import { Actions } from '../parts/action.js';
import { html } from './view.js';

export { fold, html, words } from './view.js';

/** After these, what the page shows is not the person's to see any more. */
const GONE = new Set([401, 403, 404]);

export class Page {
  #reading = Promise.resolve();
  #waiting = null;

  /** `app.js` makes the `context`. A page has a `title`, often that of its class. */
  constructor(context) {
    Object.assign(this, context);
    this.actions = new Actions(this);
  }

  static async open(context) {
    const page = new this(context);
    await page.read();
    // Whatever is begun before the page can be seen delays that.
    afterNextFrame(() => page.signal.aborted || page.begin());
    return page;
  }

  /** Whether the page is also for visitors who have not logged in. */
  static isOpen = false;

  get title() {
    return this.constructor.title;
  }

  /** Read what the page shows, and keep it under its name. Use `read` to read it anew. */
  async refresh(wanted = this.reads) {
    const addresses = [...new Set(Object.values(wanted))].filter(Boolean);
    const answers = await Promise.all(addresses.map((one) => this.api.get(one)));
    for (const name in wanted) this[name] = answers[addresses.indexOf(wanted[name])];
  }

  /** Read anew once what is being read has come, so that no older answer replaces a newer one. */
  read() {
    this.#waiting ??= this.#reading.catch(() => {}).then(() => {
      this.#waiting = null;
      return this.refresh();
    });
    this.#reading = this.#waiting;
    return this.#reading;
  }

  /** Read anew and show it, for what others have changed. A refusal goes if the page then says
   * something else. While there is no answer, the page stays as it is. */
  async renew() {
    const before = shownText();
    try {
      await this.read();
      this.redraw();
      if (this.actions.refusal && shownText() !== before) {
        this.actions.said = this.actions.refusal = '';
        this.redraw();
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (GONE.has(error.status)) this.fail(error);
    }
  }

  /** Do once what the page needs when it has been shown, such as following changes. Here what is
   * out of sight is left to a second drawing, until which `isWhole` is false. */
  begin() {
    if (this.isWhole) return;
    this.isWhole = true;
    this.redraw();
  }

  get head() {
    return html`<h1>${this.title}</h1> ${this.actions.said}`;
  }

  view() {}

  drawn() {}
}

function shownText() {
  return document.querySelector('main').textContent;
}

function afterNextFrame(act) {
  requestAnimationFrame(() => requestAnimationFrame(act));
}
