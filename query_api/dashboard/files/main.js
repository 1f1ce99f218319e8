// Signs the analyst in and out, and starts the parts of the page.

import { call, token } from "/analyst/api.js";
import { wireOwnSql, wireSaving, wireTables } from "/analyst/own.js";
import { addQuestion, showQuestions } from "/analyst/questions.js";

const enter = document.getElementById("enter");
const problem = enter.querySelector(".problem");
const input = document.getElementById("token");

function show(signedIn) {
  enter.hidden = signedIn;
  document.getElementById("signed-in").hidden = !signedIn;
  document.getElementById("leave").hidden = !signedIn;
}

async function open() {
  try {
    const response = await call("/ask");
    show(true);
    showQuestions((await response.json()).questions);
    return true;
  } catch (error) {
    if (error.status === 401) token.forget();
    problem.textContent = error.message;
    problem.hidden = false;
    show(false);
    return false;
  }
}

enter.addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.hidden = true;
  token.set(input.value.trim());
  if (await open()) {
    input.value = "";
    document.getElementById("board").focus();
  } else {
    input.focus();
  }
});

document.getElementById("leave").addEventListener("click", () => {
  token.forget();
  location.reload(); // Nothing of what was read stays in the page.
});

wireOwnSql();
wireSaving(addQuestion);
wireTables();
if (token.get()) open();
else show(false);
