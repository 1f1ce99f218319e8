/** Changes an evening. First it says who would be told; only then it is done. */

import { html, nothing } from '../vendor/lit-html.js';
import { changesOf, eveningForm, readEvening } from '../parts/evening_form.js';
import { toldList } from '../parts/told.js';
import { Page } from '../shell/page.js';
import { words } from '../words/index.js';

export default class ChangePage extends Page {
  static needsPerson = true;

  async refresh() {
    this.evening = await this.api.get(`/api/v1/announcement/${this.args[0]}`);
    this.told = null;
  }

  title() {
    return words.host.change;
  }

  view() {
    const { busy, said } = this.actions;
    const buttons = html`<button ?disabled=${busy}>${words.host.preview}</button>`;
    return html`
      <p class="quiet"><a href="/evening/${this.evening.id}">${this.evening.title}</a></p>
      <h1>${words.host.change}</h1>
      ${said}
      ${eveningForm(this.evening, null, (event) => this.#preview(event), buttons)}
      ${this.told ? html`<section class="panel" aria-live="polite">
        ${toldList(this.told)}
        <p class="actions"><button class="primary" ?disabled=${busy}
          @click=${() => this.#change()}>${words.host.changeNow}</button></p>
      </section>` : nothing}`;
  }

  #address(trial) {
    return `/api/v1/announcement/${this.evening.id}${trial ? '?dry_run=true' : ''}`;
  }

  async #preview(event) {
    event.preventDefault();
    this.changes = changesOf(this.evening, readEvening(event.target));
    let told = null;
    await this.actions.run(async () => {
      told = (await this.api.put(this.#address(true), this.changes)).would_tell;
    });
    this.told = told;
    this.redraw();
  }

  async #change() {
    const done = await this.actions.run(() => this.api.put(this.#address(false), this.changes));
    if (done) this.go(`/evening/${this.evening.id}`);
  }
}
