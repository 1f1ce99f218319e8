/** What every module imports that shows something. */

import { html, render, svg } from '../vendor/lit-html.js';
import { language, words } from '../words/index.js';

export { html, language, render, svg, words };

/** What stands behind an element `.text`: more than some six lines of it are folded. */
export function fold(text) {
  return `${text}`.replaceAll('\n', ' '.repeat(80)).length > 600
    ? html`<details><summary>${words.common.more}</summary></details>` : '';
}
