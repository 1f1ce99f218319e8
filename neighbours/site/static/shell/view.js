/** What every module imports that shows something. */

export { html, render, svg } from '../vendor/lit-html.js';
export { language, words } from '../words/index.js';
