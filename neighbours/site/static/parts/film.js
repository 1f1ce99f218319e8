import { html, language, words } from '../shell/view.js';

/** The stand-in has no pictures, so a film has its first letter on a colour of its own. */
export function poster(film, size = '') {
  const hue = parseInt(film.id.slice(0, 4), 16) % 360;
  return html`<span class="poster ${size}" aria-hidden="true" .style=${`--hue: ${hue}`}>
    ${nameOf(film)[0]}</span>`;
}

export function nameOf(film) {
  return language === 'ru' ? film.title_ru : film.title;
}

/** Films to choose from. Until the page is whole, only the chosen one is. */
export function filmChoices({ films, isWhole }, chosen) {
  return films.filter(({ id }) => isWhole || id === chosen).map((film) => [film.id, nameOf(film)]);
}

export function factsOf(film) {
  const kind = film.kind === 'series' ? [words.films.series] : [];
  return [film.year, ...kind, words.films.minutes(film.duration_min)].join(' · ');
}

export function genresOf(film) {
  return (language === 'ru' ? film.genres_ru : film.genres).join(', ');
}
