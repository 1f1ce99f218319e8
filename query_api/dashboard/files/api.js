// Calls the public API for analysts. The token stands in a header only, never in an address, and
// is kept until the tab is closed.

const ROOT = "/api/v1/operator";
const KEY = "practix.analyst";
const TRIES = 6;
const LATER = new Set(["busy", "rate_limited"]);

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

// An answer other than 2xx, with what the API says about it. Status 0: there was no answer.
export class Refused extends Error {
  constructor(status, problem) {
    const facts = problem.reason ?? problem.parameter;
    super([problem.detail ?? problem.title, facts].filter(Boolean).join(" "));
    this.status = status;
  }
}

// Returns the response. If others are being served, or this asks too often, waits and tries again.
// Throws Refused.
export async function call(path, query = {}, body = undefined, method = body ? "POST" : "GET") {
  for (let left = TRIES; ; left -= 1) {
    const response = await send(path, query, body, method);
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (!LATER.has(problem.code) || left === 1) throw new Refused(response.status, problem);
    const seconds = Number(response.headers.get("Retry-After")) || 1;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

async function send(path, query, body, method) {
  const address = new URL(ROOT + path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== "") address.searchParams.set(name, value);
  }
  const headers = {
    Authorization: `Bearer ${token.get()}`,
    "Accept-Language": document.documentElement.lang,
  };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(address, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Refused(0, { detail: document.getElementById("unreachable").content.textContent });
  }
}

// Saves the whole body of a response as a file. Throws Refused if it broke off.
export async function save(response, name) {
  let content;
  try {
    content = await response.blob();
  } catch {
    throw new Refused(0, { detail: document.getElementById("unreachable").content.textContent });
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const waiting = [];
let busy = false;

// Does one piece of work after another: the embedded engine answers one question at a time. What
// somebody asks for goes before what the page asks by itself. Returns what `work` returns.
export function inTurn(work, { asked }) {
  return new Promise((resolve, reject) => {
    const entry = { work, resolve, reject };
    if (asked) waiting.unshift(entry);
    else waiting.push(entry);
    if (!busy) workOff();
  });
}

async function workOff() {
  busy = true;
  while (waiting.length > 0) {
    const { work, resolve, reject } = waiting.shift();
    await work().then(resolve, reject);
  }
  busy = false;
}
