/** A film with the button "Кино в компании", and its next evenings. */

import { eveningList } from '../parts/evening_line.js';
import { factsOf, genresOf, nameOf, poster } from '../parts/film.js';
import { Page, html, words } from '../shell/page.js';

const say = words.film;

export default class extends Page {
  static isOpen = true;

  get title() {
    return nameOf(this.film);
  }

  view() {
    const { film } = this;
    return html`
      <article class="film">
        ${poster(film, 'large')}
        <div>
          <h1>${nameOf(film)}</h1>
          <p class="quiet">${factsOf(film)} · ${genresOf(film)}</p>
          ${this.together.shown ? this.#button() : html`<p>${say.notShown}</p>`}
        </div>
      </article>
      ${this.together.shown ? this.#evenings() : ''}`;
  }

  #button() {
    const { id } = this.film;
    return html`<p class="actions">
      <a class="button primary" href="/evenings?movie_id=${id}">${words.brand}</a>
      <a class="button" href="/announce?movie_id=${id}">${say.announce}</a>
    </p>`;
  }

  #evenings() {
    const { next, open_evenings: open } = this.together;
    return html`
      <h2>${say.open(open)}</h2>
      ${next.length ? eveningList(next) : html`<p class="quiet">${say.noEvenings}</p>`}
      <a href="/evenings?movie_id=${this.film.id}">${say.all}</a>`;
  }
}
