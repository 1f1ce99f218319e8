/** What is held about the person: to take along, and to have erased. */

import { ask, saveFile } from '../parts/action.js';
import { formatMoment } from '../parts/times.js';
import { Page, html, words } from '../shell/page.js';

const say = words.data;

export default class extends Page {
  static title = say.title;

  view() {
    return html`${this.head}
      <section class="panel" tabindex="-1"><h2>${say.archive}</h2>
        <p>${say.archiveHelp}</p>
        <p class="actions">${this.actions.button(say.fetch, () => this.#fetch())}</p></section>
      <section class="panel" tabindex="-1" data-role="erasure"><h2>${say.erasure}</h2>
        ${this.#erasure()}</section>
      <p><a href="/preferences">${words.notices.preferences}</a></p>`;
  }

  #erasure() {
    const { state, erase_at: at } = this.erasure;
    if (state === 'confirmed') {
      return html`<p>${say.confirmed(formatMoment(at))}</p>
        <p class="actions">${this.actions.button(say.withdraw, () => this.actions.run(
          () => this.api.delete(this.reads.erasure)))}</p>`;
    }
    return html`<p>${say.erasureHelp}</p>
      <p class="actions">${this.actions.button(say.erasure, () => this.#erase())}</p>`;
  }

  #fetch() {
    return this.actions.run(async () => {
      const archive = await this.api.open('/api/v1/my/data');
      saveFile('practix.zip', await archive.blob());
    });
  }

  /** Only the answer to the request has the token that confirms it. */
  async #erase() {
    if (!await ask(`${say.erasure}?`, this)) return;
    await this.actions.run(async () => {
      const { token } = await this.api.post(this.reads.erasure);
      await this.api.post(this.reads.erasure, { token });
    });
  }
}
