// Shows an answer: drawing, facts, files, table.

import { save } from "/analyst/api.js";

const ROWS_MAX = 100;
const WIDTH_MIN = 240;
const WIDTH_MAX = 1000;
const COLOURS = 4;

export const clone = (id) => document.getElementById(id).content.cloneNode(true);

// Asks for the width that a drawing in this element will have.
export function plotWidth(element) {
  return Math.round(Math.min(Math.max(element.clientWidth, WIDTH_MIN), WIDTH_MAX));
}

const latest = new WeakMap(); // By place: what was asked last. An earlier answer may come later.

// Shows in `place` what `work` returns, or what went wrong if it throws.
export async function showResult(place, work) {
  latest.set(place, work);
  place.replaceChildren(clone("waiting"));
  place.setAttribute("aria-busy", "true");
  const shown = await work().catch(renderProblem);
  if (latest.get(place) !== work) return;
  place.replaceChildren(shown);
  place.removeAttribute("aria-busy");
}

function renderProblem(error) {
  const shown = clone("refused");
  shown.querySelector("p").textContent = error.message;
  return shown;
}

// Returns the answer as a fragment. `askAgain(format)` returns a response with the answer as a
// file, which is saved under `name`.
export function renderAnswer(answer, name, askAgain) {
  const shown = clone("answer");
  const slots = {
    rows: answer.rows.length,
    position: answer.position,
    version: answer.version,
    more: answer.rows.length - ROWS_MAX,
  };
  for (const slot of shown.querySelectorAll("[data-slot]")) {
    const value = slots[slot.dataset.slot];
    slot.textContent = typeof value === "number" ? format(value) : value;
  }
  const empty = answer.rows.length === 0;
  shown.querySelector(".nothing").hidden = !empty;
  for (const part of shown.querySelectorAll(".files, details")) part.hidden = empty;
  shown.querySelector(".more").hidden = slots.more <= 0;
  renderDrawing(shown, answer.drawing);
  renderTable(shown, answer);
  const problem = shown.querySelector(".problem");
  for (const button of shown.querySelectorAll("[data-format]")) {
    button.addEventListener("click", () => saveAs(button, problem, name, askAgain));
  }
  return shown;
}

async function saveAs(button, problem, name, askAgain) {
  const form = button.dataset.format;
  button.disabled = true;
  problem.hidden = true;
  try {
    await save(await askAgain(form), `${name}.${form}`);
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  } finally {
    button.disabled = false;
  }
}

function renderDrawing(shown, drawing) {
  if (!drawing) return;
  const parsed = new DOMParser().parseFromString(drawing.svg, "image/svg+xml");
  shown.querySelector(".plot").append(document.importNode(parsed.documentElement, true));
  const legend = shown.querySelector(".legend");
  drawing.series.forEach((name, number) => {
    const entry = document.createElement("span");
    const mark = document.createElement("i");
    mark.className = `s${number % COLOURS}`;
    entry.append(mark, name);
    legend.append(entry);
  });
}

function renderTable(shown, { columns, types, rows }) {
  const numeric = types.map((kind) => /^(Nullable\()?(U?Int|Float|Decimal)/.test(kind));
  const cell = (tag, value, number) => {
    const made = document.createElement(tag);
    made.textContent = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : value;
    if (numeric[number]) made.className = "number";
    if (tag === "th") made.scope = "col";
    return made;
  };
  shown.querySelector("thead tr").append(...columns.map((name, n) => cell("th", name, n)));
  const body = shown.querySelector("tbody");
  for (const row of rows.slice(0, ROWS_MAX)) {
    const line = document.createElement("tr");
    line.append(...row.map((value, n) => cell("td", value, n)));
    body.append(line);
  }
}

function format(number) {
  return number.toLocaleString(document.documentElement.lang);
}
