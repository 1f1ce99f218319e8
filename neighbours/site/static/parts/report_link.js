/** Leads to the page on which an evening, a review, a post or a person is reported. */

import { html } from '../vendor/lit-html.js';
import { words } from '../words/index.js';

export function reportLink(kind, id) {
  return html`<a class="quiet" href="/report?kind=${kind}&id=${id}">${words.report.title}</a>`;
}
