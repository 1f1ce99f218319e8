/** Numbers with their words. */

const forms = new Intl.PluralRules('ru');

export const count = (number, one, few, many) =>
  `${number} ${{ one, few, many }[forms.select(number)] ?? few}`;
export const seats = (number) => count(number, 'места', 'мест', 'мест');
