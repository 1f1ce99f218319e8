// SQL of one's own, and the export of whole tables.

import { call, inTurn, save } from "/analyst/api.js";
import { clone, plotWidth, renderAnswer, showResult } from "/analyst/answer.js";

export function wireOwnSql() {
  const form = document.getElementById("own-form");
  const place = document.querySelector("#own .result");
  const sql = document.getElementById("sql");
  const ask = () => {
    const question = { sql: sql.value };
    const plot = readPlot(form);
    const send = (query, body) => inTurn(() => call("/ask", query, body), { asked: true });
    showResult(place, async () => {
      const body = plot ? { ...question, plot } : question;
      const response = await send({ plot_width: plotWidth(place) }, body);
      const answer = await response.json();
      offerColumns(answer.columns);
      return renderAnswer(answer, "answer", (format) => send({ format }, question));
    });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  sql.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}

// Returns how the answer shall be drawn, or null.
export function readPlot(form) {
  const { kind, x, ys, by } = Object.fromEntries(new FormData(form));
  if (!kind) return null;
  const columns = ys.split(",").map((one) => one.trim()).filter(Boolean);
  return { kind, x: x.trim(), ys: columns, by: by.trim() || null };
}

function offerColumns(columns) {
  const options = columns.map((name) => {
    const option = document.createElement("option");
    option.value = name;
    return option;
  });
  document.getElementById("columns").replaceChildren(...options);
}

export function wireTables() {
  const form = document.getElementById("tables-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = Object.fromEntries(new FormData(form));
    const button = form.querySelector("button");
    button.disabled = true;
    showResult(document.querySelector("#tables .result"), async () => {
      const response = await call("/export", query);
      await save(response, `${query.table}.${query.format}`);
      return clone("saved-file");
    }).finally(() => (button.disabled = false));
  });
}
