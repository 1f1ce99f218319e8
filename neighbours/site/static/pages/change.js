/** Changes an evening. First it says who would be told; only then it is done. */

import { toldList } from '../parts/action.js';
import { changesOf, eveningForm } from '../parts/evening_form.js';
import { Page, html, words } from '../shell/page.js';

export default class extends Page {
  static title = words.host.change;

  async refresh() {
    await super.refresh();
    this.told = null;
  }

  view() {
    return html`
      <p class="quiet"><a href="/evening/${this.evening.id}">${this.evening.title}</a></p>
      ${this.head}
      <div @input=${() => this.#tell(null)}>${eveningForm(this.evening, null, this.#preview,
        this.actions.submit(words.host.preview))}</div>
      ${this.told && html`<section class="panel" aria-live="polite">
        ${toldList(this.told)}
        <p class="actions">${this.actions.button(words.host.changeNow,
          () => this.#change(), 'primary')}</p>
      </section>`}`;
  }

  /** A preview is of what the fields said. */
  #tell(told) {
    this.told = told;
    this.redraw();
  }

  #put(query) {
    return this.actions.run(() => this.api.put(`${this.reads.evening}${query}`, this.changes));
  }

  #preview = async (terms) => {
    this.changes = changesOf(this.evening, terms);
    const trial = await this.#put('?dry_run=true');
    this.#tell(trial.would_tell);
  };

  async #change() {
    if (await this.#put('')) this.go(`/evening/${this.evening.id}`);
  }
}
