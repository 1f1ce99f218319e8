/** The words of the site in the person's language. `words` is set once, before the first page. */

const LANGUAGES = ['ru', 'en'];
const KEPT = 'practix.language';

/** The language of this tab. Answers of the API come in it as well. */
export let language = 'ru';
export let words = {};

export async function loadWords() {
  const wanted = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
  language = LANGUAGES.includes(wanted) ? wanted : 'en';
  words = (await import(`./${language}.js`)).default;
  document.documentElement.lang = language;
}

/** Keep the other language and begin anew with it. */
export function switchLanguage() {
  localStorage.setItem(KEPT, LANGUAGES.find((one) => one !== language));
  location.reload();
}
