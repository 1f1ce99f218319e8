/** Who would be told what, as a trial of a command says. */

import { html } from '../vendor/lit-html.js';
import { words } from '../words/index.js';

export function toldList(told) {
  if (!told.length) return html`<p>${words.host.nobodyTold}</p>`;
  return html`<p>${words.host.wouldBeTold}</p>
    <ul class="people">${told.map((one) => html`<li>${one.name ?? words.host.followers}
      <span class="tag">${words.kinds[one.kind] ?? one.kind}</span></li>`)}</ul>`;
}
