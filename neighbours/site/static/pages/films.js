/** The catalogue of films, which is Movie_API's. */

import { factsOf, nameOf, poster } from '../parts/film.js';
import { FirstSteps } from '../parts/first_steps.js';
import { Page, html, words } from '../shell/page.js';

/** More than a screen shows. */
const FIRST = 30;

export default class extends Page {
  static isOpen = true;
  static title = words.menu.films;
  wanted = this.query.get('q') ?? '';
  first = new FirstSteps(this);

  view() {
    const found = this.films.filter((film) => isFound(film, this.wanted));
    const drawn = this.isWhole ? found : found.slice(0, FIRST);
    return html`
      ${this.head}
      ${this.first.view()}
      <input type="search" .value=${this.wanted} @input=${(event) => this.#search(event)}
        aria-label=${words.films.search} placeholder=${words.films.search}>
      <ul class="films">${drawn.map(filmLine)}</ul>
      ${found.length ? '' : html`<p role="status">${words.films.none}</p>`}`;
  }

  #search({ target }) {
    this.wanted = target.value;
    history.replaceState(null, '', this.wanted ? `/?${new URLSearchParams({ q: this.wanted })}` : '/');
    this.redraw();
  }
}

function isFound(film, wanted) {
  const titles = `${film.title}\n${film.title_ru}`.toLocaleLowerCase();
  return titles.includes(wanted.trim().toLocaleLowerCase());
}

function filmLine(film) {
  return html`<li><a href="/film/${film.id}">
    ${poster(film)}
    <strong>${nameOf(film)}</strong>
    <span class="facts">${factsOf(film)}</span>
  </a></li>`;
}
