import { html, nothing } from '../vendor/lit-html.js';

/** A labelled field. `options` are attributes of the input; with `choices`, `[value, text]` each, it
 * is a choice; with `rows` it has lines. */
export function field(label, name, { value, hint, choices, ...options } = {}) {
  return html`<label class="field">
    <span>${label}</span>
    ${control(name, value ?? '', choices, options)}
    ${hint && html`<small class="quiet">${hint}</small>`}
  </label>`;
}

function control(name, value, choices, options) {
  const { type = 'text', required, rows, min, max, step, inputmode } = options;
  if (choices) {
    return html`<select name=${name}>${choices.map(([one, text = one]) =>
      html`<option value=${one} ?selected=${one === value}>${text}</option>`)}</select>`;
  }
  if (rows) {
    return html`<textarea name=${name} rows=${rows} ?required=${required} .defaultValue=${value}></textarea>`;
  }
  return html`<input name=${name} type=${type} .defaultValue=${value} ?required=${required}
    min=${min ?? nothing} max=${max ?? nothing} step=${step ?? nothing}
    inputmode=${inputmode ?? nothing}>`;
}

export function checkbox(label, name, { checked, value = 'on' } = {}) {
  return html`<label class="check">
    <input type="checkbox" name=${name} value=${value} .defaultChecked=${checked}>
    ${label}</label>`;
}

export function readForm(form) {
  return Object.fromEntries(new FormData(form));
}

/** Forms with something that was written or chosen and not sent. Those that search are none. */
export function begunForms() {
  return [...document.querySelectorAll('main form:not([role])')].filter((form) => {
    const first = form.cloneNode(true);
    first.reset();
    const [now, before] = [form, first].map((one) => `${new URLSearchParams(new FormData(one))}`);
    return now !== before;
  });
}

/** Listen to a form that is sent: `act` gets what it says, the form, and what its button says. */
export function onSubmit(act) {
  return ({ target, submitter }) => act(readForm(target), target, submitter?.value);
}
