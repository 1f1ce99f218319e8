/** A small plot of one line. Its numbers also stand in a table, for who cannot see it. */

import { html, svg } from '../vendor/lit-html.js';

const WIDTH = 480;
const HEIGHT = 140;
const EDGE = 24;

/** `rows` go from left to right; `low` and `high` bound what `valueOf` gives. */
export function linePlot(title, rows, labelOf, valueOf, [low, high]) {
  const points = rows.map((row, index) => [
    EDGE + (index * (WIDTH - 2 * EDGE)) / Math.max(1, rows.length - 1),
    HEIGHT - EDGE - ((valueOf(row) - low) / (high - low)) * (HEIGHT - 2 * EDGE),
  ]);
  return html`<figure><figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${title} class="plot">
      <polyline points=${points.map((point) => point.join()).join(' ')}></polyline>
      ${points.map(([x, y]) => svg`<circle cx=${x} cy=${y} r="3"></circle>`)}
      <text x="0" y=${EDGE}>${high}</text><text x="0" y=${HEIGHT - EDGE}>${low}</text>
      <text x=${EDGE} y=${HEIGHT - 4}>${labelOf(rows[0])}</text>
      <text x=${WIDTH - EDGE} y=${HEIGHT - 4} text-anchor="end">${labelOf(rows.at(-1))}</text>
    </svg>
    <table class="unseen"><tbody>${rows.map((row) => html`<tr><th scope="row">${labelOf(row)}</th>
      <td>${valueOf(row).toFixed(1)}</td></tr>`)}</tbody></table></figure>`;
}
