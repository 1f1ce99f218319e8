/** Numbers with their words. */

const forms = new Intl.PluralRules('en');

export const count = (number, one, other) =>
  `${number} ${forms.select(number) === 'one' ? one : other}`;
export const seats = (number) => count(number, 'seat', 'seats');
