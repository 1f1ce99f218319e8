/** Numbers in tables and small plots. `rows` are objects, `columns` name what is shown of them:
 * `{ column: name }`. */

import { html, svg, words } from '../shell/view.js';
import { formatNumber } from './times.js';

const WIDTH = 360;
const HEIGHT = 150;
const EDGE = 24;

/** Lines from left to right, between `low` and `high`. Their numbers stand in a table below, for
 * whoever wants or can only read those. */
export function linePlot(title, rows, labelOf, columns, low = 0, high = greatest(rows, columns)) {
  const place = (value, index) => [
    EDGE + (index * (WIDTH - 2 * EDGE)) / Math.max(1, rows.length - 1),
    HEIGHT - EDGE - ((value - low) / (high - low)) * (HEIGHT - 2 * EDGE),
  ];
  const lines = Object.keys(columns).map((column) =>
    rows.map((row, index) => place(row[column], index)));
  return html`<figure>
    <figcaption>${Object.values(columns).map((name, index) =>
      html`<span class="key series-${index}">${name}</span> `)}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${title} class="plot">
      <path d="M${EDGE} ${HEIGHT - EDGE}H${WIDTH - EDGE}"></path>
      ${lines.map((points, index) => svg`<g class="series-${index}">
        <polyline points=${points.map((point) => point.join()).join(' ')}></polyline>
        ${points.map(([x, y]) => svg`<circle cx=${x} cy=${y} r="3"></circle>`)}</g>`)}
      <text x="0" y=${EDGE}>${formatNumber(high)}</text><text x="0" y=${HEIGHT - EDGE}>${low}</text>
      <text x=${EDGE} y=${HEIGHT - 4}>${labelOf(rows[0])}</text>
      ${rows.length > 1 ? svg`<text x=${WIDTH - EDGE} y=${HEIGHT - 4} text-anchor="end">
        ${labelOf(rows.at(-1))}</text>` : ''}
    </svg>
    <details><summary>${words.common.numbers}</summary>
      ${numberTable(rows, labelOf, columns)}</details></figure>`;
}

export function barTable(rows, labelOf, columns) {
  const high = greatest(rows, columns);
  return numberTable(rows, labelOf, columns, (value) =>
    html`<meter max=${high} value=${value}></meter> ${formatNumber(value)}`);
}

export function numberTable(rows, labelOf, columns, show = formatNumber) {
  return html`<table><thead><tr><td></td>${Object.values(columns).map((name) =>
    html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr><th scope="row">${labelOf(row)}</th>
      ${Object.keys(columns).map((column) => html`<td>${show(row[column])}</td>`)}</tr>`)}</tbody>
  </table>`;
}

function greatest(rows, columns) {
  return Math.max(1, ...rows.flatMap((row) => Object.keys(columns).map((column) => row[column])));
}
