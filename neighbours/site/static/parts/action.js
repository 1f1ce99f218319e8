/** One thing after another that a person does on a page: while it runs, nothing else can be
 * begun, so a double click does it once; and when it fails, the page says why. */

import { html, nothing } from '../vendor/lit-html.js';
import { Problem } from '../api/client.js';
import { explain, notice } from './notice.js';

export class Actions {
  constructor(page) {
    this.page = page;
    this.busy = false;
    this.said = nothing;
  }

  /** A button that does something. */
  button(text, act, look = '') {
    return html`<button type="button" class=${look} ?disabled=${this.busy} @click=${act}>
      ${text}</button>`;
  }

  /** A button that sends its form. */
  submit(text, look = '', value = '') {
    return html`<button class=${look} value=${value} ?disabled=${this.busy}>${text}</button>`;
  }

  /** Do it, unless something else is being done; then read anew, also after a refusal: what the
   * page shows may be old. Returns whether it was done. */
  async run(act, done) {
    if (this.busy) return false;
    const giveFocusBack = holdFocus();
    this.busy = true;
    this.said = nothing;
    this.page.redraw();
    let failure = null;
    try {
      await act();
      await this.page.read();
      if (done) this.said = notice(done, 'done');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failure = error;
      await this.page.renew();
      this.said = explain(error);
    } finally {
      this.busy = false;
      this.page.redraw();
      giveFocusBack();
    }
    return !failure;
  }
}

/** Note where the keyboard is. Returns a function that brings it back there, or to the part of the
 * page around it if that has gone. A disabled button alone would lose the keyboard. */
function holdFocus() {
  const before = document.activeElement;
  const around = [];
  for (let one = before; one; one = one.parentElement.closest('[tabindex="-1"]')) around.push(one);
  return () => {
    if (document.activeElement !== document.body) return;
    around.find((one) => one.isConnected && !one.disabled)?.focus({ preventScroll: true });
  };
}
