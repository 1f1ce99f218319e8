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

// Saves the SQL and plot of the form above, and hands the question to `added`.
export function wireSaving(added) {
  const own = document.getElementById("own-form");
  const form = document.getElementById("save-form");
  const sql = document.getElementById("sql");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { name, title, description, parameters } = Object.fromEntries(new FormData(form));
    const body = {
      sql: sql.value,
      title,
      description,
      parameters: parameters.split("\n").filter((line) => line.trim()).map(readParameter),
      plot: readPlot(own),
    };
    showResult(document.querySelector("#save .result"), async () => {
      const saving = () => call(`/ask/questions/${name}`, {}, body, "PUT");
      added(await (await inTurn(saving, { asked: true })).json());
      return clone("saved-question");
    });
  });
  document.addEventListener("edit-question", ({ detail: question }) => {
    sql.value = question.sql;
    const { kind = "", x = "", ys = [], by = "" } = question.plot ?? {};
    Object.entries({ kind, x, ys: ys.join(", "), by: by ?? "" }).forEach(([name, value]) => {
      own.elements[name].value = value;
    });
    const lines = question.parameters.map((one) => `${one.name} ${one.kind} = ${one.default}`);
    form.elements.name.value = question.name;
    form.elements.title.value = question.title;
    form.elements.description.value = question.description;
    form.elements.parameters.value = lines.join("\n");
    document.getElementById("save").open = true;
    document.getElementById("own").scrollIntoView();
    sql.focus();
  });
}

// `name kind = default`, as in the header of a ready question.
function readParameter(line) {
  const [declared, ...rest] = line.split("=");
  const [name, kind = ""] = declared.trim().split(/\s+/);
  return { name, kind, default: rest.join("=").trim() };
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
