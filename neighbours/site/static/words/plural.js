/** Choose the form of a word that goes with a number. */
export function plural(code, count, forms) {
  return `${count} ${forms[new Intl.PluralRules(code).select(count)] ?? forms.other}`;
}
