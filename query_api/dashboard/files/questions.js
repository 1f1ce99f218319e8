// The cards of questions that have a name.

import { call, inTurn } from "/analyst/api.js";
import { clone, plotWidth, renderAnswer, showResult } from "/analyst/answer.js";

const INPUT_TYPES = { int: "number", day: "date", text: "text" };

// Puts a card for each question into the page and asks them in turn.
export function showQuestions(questions) {
  const place = document.getElementById("questions");
  const contents = document.getElementById("contents");
  place.replaceChildren();
  contents.replaceChildren();
  for (const question of questions) {
    const link = document.createElement("a");
    link.href = `#question-${question.name}`;
    link.textContent = question.title;
    contents.append(link);
    const card = makeCard(question);
    place.append(card);
    ask(card, question, { asked: false });
  }
}

function makeCard(question) {
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

function ask(card, question, turn) {
  const place = card.querySelector(".result");
  const query = { name: question.name };
  for (const input of card.querySelectorAll("form input")) query[input.name] = input.value;
  const send = (more, turn) => inTurn(() => call("/ask", { ...query, ...more }), turn);
  return showResult(place, async () => {
    const response = await send({ plot_width: plotWidth(place) }, turn);
    const answer = await response.json();
    return renderAnswer(answer, question.name, (format) => send({ format }, { asked: true }));
  });
}
