/** A question before something that cannot be taken back. */

import { html, render } from '../vendor/lit-html.js';
import { words } from '../words/index.js';

/** Ask, in front of the page. Returns whether the answer was yes; Escape, and leaving the page, is
 * a no. The keyboard is then where it was before. */
export function ask(question, { signal }) {
  const dialog = document.createElement('dialog');
  const answer = (yes) => () => dialog.close(yes ? 'yes' : '');
  render(html`<p id="question">${question}</p><p class="actions">
    <button class="primary" @click=${answer(true)}>${words.common.yes}</button>
    <button @click=${answer(false)}>${words.common.no}</button></p>`, dialog);
  dialog.setAttribute('aria-labelledby', 'question');
  document.body.append(dialog);
  signal.addEventListener('abort', answer(false), { once: true });
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
