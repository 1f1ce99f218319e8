/** What the front page offers to a newcomer: to be somebody, and to have something to see. */

import { html, words } from '../shell/view.js';
import { whoAreYou } from './action.js';
import { fillExampleWeek } from './example_week.js';

export class FirstSteps {
  #part = null;

  constructor(page) {
    this.page = page;
  }

  view() {
    const { person, session, become, some } = this.page;
    if (!person) return whoAreYou(words.first.who, session.known, become);
    return some.length ? '' : this.#offer();
  }

  #offer() {
    return html`<section class="panel" data-role="first"><p>${words.mine.none}</p>
      <p class="actions">
        ${this.page.actions.button(words.first.fill, () => this.#fill(), 'primary')}
        ${this.#part === null ? ''
          : html`<progress max="1" value=${this.#part} aria-label=${words.first.fill}></progress>`}
      </p></section>`;
  }

  async #fill() {
    const { api, actions, redraw } = this.page;
    const done = await actions.run(async () => {
      api.position = await fillExampleWeek((part) => {
        this.#part = part;
        redraw();
      });
    });
    if (done) this.page.go('/evenings');
  }
}
