// The cards of questions that have a name.

import { call, inTurn } from "/analyst/api.js";
import { clone, plotWidth, renderAnswer, showResult } from "/analyst/answer.js";

const INPUT_TYPES = { int: "number", day: "date", text: "text" };

// Puts a card for each question into the page and asks them in turn.
export function showQuestions(questions) {
  document.getElementById("questions").replaceChildren();
  document.getElementById("contents").replaceChildren();
  for (const question of questions) addQuestion(question);
}

// Puts a card for the question into the page, in the place of one with its name, and asks it.
export function addQuestion(question) {
  const link = document.createElement("a");
  link.href = `#question-${question.name}`;
  link.textContent = question.title;
  const card = makeCard(question, link);
  const before = document.getElementById(card.id);
  if (before) {
    before.replaceWith(card);
    document.querySelector(`#contents a[href="${link.hash}"]`).replaceWith(link);
  } else {
    document.getElementById("questions").append(card);
    document.getElementById("contents").append(link);
  }
  ask(card, question, { asked: false });
}

function makeCard(question, link) {
  const card = clone("question-card").firstElementChild;
  card.id = `question-${question.name}`;
  const heading = card.querySelector("h2");
  heading.textContent = question.title;
  heading.id = `title-${question.name}`;
  card.setAttribute("aria-labelledby", heading.id);
  card.querySelector(".about").textContent = question.description;
  const form = card.querySelector("form");
  form.querySelector("button").before(...question.parameters.map(makeField));
  form.hidden = question.parameters.length === 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(card, question, { asked: true });
  });
  if (question.saved_at) wireOwner(card, question, link);
  return card;
}

function makeField(parameter) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.name = parameter.name;
  input.type = INPUT_TYPES[parameter.kind];
  input.value = parameter.default;
  input.required = parameter.kind !== "text";
  label.append(parameter.name, input);
  return label;
}

// A saved question can be changed and deleted.
function wireOwner(card, question, link) {
  const path = `/ask/questions/${question.name}`;
  const place = card.querySelector(".result");
  const [edit, remove] = card.querySelectorAll("[data-do]");
  card.querySelector(".own-buttons").hidden = false;
  edit.addEventListener("click", () =>
    showProblem(place, async () => {
      const text = await (await call(path)).json();
      document.dispatchEvent(new CustomEvent("edit-question", { detail: text }));
    }),
  );
  remove.addEventListener("click", () => {
    if (!confirm(remove.dataset.sure)) return;
    showProblem(place, async () => {
      await call(path, {}, undefined, "DELETE");
      card.remove();
      link.remove();
      document.getElementById("board").focus();
    });
  });
}

async function showProblem(place, work) {
  try {
    await work();
  } catch (error) {
    showResult(place, () => Promise.reject(error));
  }
}

function ask(card, question, turn) {
  const place = card.querySelector(".result");
  const parameters = {};
  for (const input of card.querySelectorAll("form input")) parameters[input.name] = input.value;
  const body = { name: question.name, parameters };
  const send = (query, turn) => inTurn(() => call("/ask", query, body), turn);
  return showResult(place, async () => {
    const response = await send({ plot_width: plotWidth(place) }, turn);
    const answer = await response.json();
    return renderAnswer(answer, question.name, (format) => send({ format }, { asked: true }));
  });
}
