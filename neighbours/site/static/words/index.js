/** The words of the site in the visitor's language, which the document states. */

const LANGUAGES = ['ru', 'en'];
const COOKIE = 'practix_language';
const KEPT_S = 31_536_000;

/** The language of this page. Answers of the API come in it as well. */
export const language = document.documentElement.lang;
export const words = (await import(`./${language}.js`)).default;

export function switchLanguage() {
  const other = LANGUAGES.find((one) => one !== language);
  document.cookie = `${COOKIE}=${other}; path=/; max-age=${KEPT_S}; samesite=lax`;
  location.reload();
}
