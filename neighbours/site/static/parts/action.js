/** One thing after another that a person does on a page: while it runs, nothing else can be
 * begun, so a double click does it once; and when it fails, the page says why. */

import { nothing } from '../vendor/lit-html.js';
import { Problem } from '../api/client.js';
import { explain, notice } from './notice.js';

export class Actions {
  constructor(page) {
    this.page = page;
    this.busy = false;
    this.said = nothing;
  }

  /** Do it, unless something else is being done; then read anew, also after a refusal: what the
   * page shows may be old. Returns whether it was done. */
  async run(act, done) {
    if (this.busy) return false;
    this.busy = true;
    this.said = nothing;
    this.page.redraw();
    let failure = null;
    try {
      await act();
      await this.page.refresh();
      if (done) this.said = notice(done, 'done');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failure = error;
      await this.page.renew();
      this.said = explain(error);
    } finally {
      this.busy = false;
      this.page.redraw();
    }
    return !failure;
  }
}
