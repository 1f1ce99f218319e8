/** What became of the evenings that the person announced, in numbers. */

import { barTable, linePlot } from '../parts/plot.js';
import { formatMonth, formatShortDay } from '../parts/times.js';
import { Page, html, words } from '../shell/page.js';

const TIMES = { day: formatShortDay, month: formatMonth };

export default class extends Page {
  static title = words.figures.title;

  view() {
    const counted = this.counted.figures.filter(({ rows }) => rows.length);
    return html`${this.head}
      <p class="quiet">${counted.length ? words.figures.help : words.figures.none}</p>
      <div class="figures">${counted.map(figurePanel)}</div>`;
  }
}

function figurePanel({ name, title, description, plot, columns, labels, rows }) {
  const labelOf = ({ [plot.x]: value }) => TIMES[plot.x]?.(value) ?? labels[value] ?? value;
  return html`<section class="panel" data-figure=${name}><h2>${title}</h2>
    <p class="quiet">${description}</p>
    ${plot.kind === 'bars' ? barTable(rows, labelOf, columns)
      : linePlot(title, rows, labelOf, columns)}</section>`;
}
