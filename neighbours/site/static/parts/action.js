/** What a person does on a page, and what the page says of it. */

import { html, render, words } from '../shell/view.js';
import { Problem } from '../api/client.js';
import { eveningLinks, tag } from './evening_line.js';

/** The form that was sent, until it is known what became of it. */
let sent;

// No form leads to another page: the page that shows it reads what it says.
document.addEventListener('submit', (event) => {
  event.preventDefault();
  sent = event.target;
}, true);
document.addEventListener('input', ({ target }) => {
  for (const one of target.form?.elements ?? []) one.setCustomValidity('');
});

/** Say what is wrong with fields of the form that was sent; they have the API's names, or those by
 * `nameOf`. Returns whether it has one of them. */
export function sayAtFields({ facts }, form = sent, nameOf = (field) => field) {
  const wrong = facts.errors?.map(({ field, reason }) => {
    const names = nameOf(field).split('.');
    const one = names.map((name) => form?.querySelector(`[name="${name}"]`)).find(Boolean);
    one?.setCustomValidity(reason);
    return one;
  });
  return wrong?.some(Boolean) && !form.reportValidity();
}

/** One thing after another: while one is done, nothing else can be begun, so a double click does it
 * once; and when it fails, the page says why. */
export class Actions {
  constructor(page) {
    this.page = page;
    this.busy = false;
    this.said = '';
  }

  button(text, act, look = '') {
    return html`<button type="button" class=${look} ?disabled=${this.busy} @click=${act}>
      ${text}</button>`;
  }

  submit(text, look = '', value = '') {
    return html`<button class=${look} value=${value} ?disabled=${this.busy}>${text}</button>`;
  }

  /** Do it, unless something else is being done; then read anew, also after a refusal: what the
   * page shows may be old. A form that was sent begins anew, unless that was a trial. `done` is what
   * to say then, or says it of the answer; `nameOf` as in `sayAtFields`. Returns what `act` does, or
   * true; false if it was not done. */
  async run(act, done, nameOf) {
    if (this.busy) return false;
    const giveFocusBack = holdFocus();
    const form = sent;
    sent = null;
    this.busy = true;
    this.said = '';
    this.refusal = '';
    this.page.redraw();
    try {
      const answer = await act();
      await this.page.read();
      if (done) this.said = notice(typeof done === 'string' ? done : done(answer), 'done');
      // Not before whoever called has gone to another page.
      if (form && !answer?.would_tell) setTimeout(() => this.page.signal.aborted || form.reset());
      return answer || true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      await this.page.renew();
      if (!sayAtFields(error, form, nameOf)) this.said = explain(error);
      this.refusal = error.message;
      return false;
    } finally {
      this.busy = false;
      this.page.redraw();
      giveFocusBack();
      document.querySelector('.problem')?.scrollIntoView({ block: 'nearest' });
    }
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

/** `tone`: `problem`, `warning` or `done`. */
export function notice(text, tone, details = '') {
  return html`<div class="notice ${tone}" role=${tone === 'problem' ? 'alert' : 'status'}>${text}
    ${details}</div>`;
}

/** What the API said no to, in its own sentence, with the evenings that stand against it. */
function explain(problem) {
  const { conflicts } = problem.facts;
  return notice(problem.message, 'problem', conflicts ? eveningLinks(conflicts) : '');
}

export function whoAreYou(text, people, become) {
  return html`<section class="panel" data-role="first"><p>${text}</p><p class="actions">
    ${people.slice(0, 3).map(({ login, name }) => html`
      <button class="primary" @click=${() => become(login)}>${name}</button>`)}
    <button @click=${() => become('?')}>${words.menu.another}</button></p></section>`;
}

export function reportLink(kind, id) {
  return html`<a class="quiet" href="/report?kind=${kind}&id=${id}">${words.report.title}</a>`;
}

export function saveFile(name, content) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function toldList(told) {
  if (!told.length) return html`<p>${words.host.nobodyTold}</p>`;
  return html`<p>${words.host.wouldBeTold}</p>
    <ul class="people">${told.map((one) => html`<li>${one.name ?? words.host.followers}
      ${tag(words.kinds[one.kind] ?? one.kind)}</li>`)}</ul>`;
}

/** Ask, in front of the page. Returns whether the answer was yes; Escape, and leaving the page, is
 * a no. The keyboard is then where it was before. */
export function ask(question, { signal }) {
  const dialog = document.createElement('dialog');
  const answer = (yes) => () => dialog.close(yes ? 'yes' : '');
  render(html`<p id="question">${question}</p><p class="actions">
    <button class="primary" @click=${answer(true)}>${words.common.yes}</button>
    <button autofocus @click=${answer(false)}>${words.common.no}</button></p>`, dialog);
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
