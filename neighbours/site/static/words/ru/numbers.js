/** Numbers with their words. */

import { plural } from '../plural.js';

export const count = (number, one, few, many) => plural('ru', number, { one, few, many, other: few });
export const seats = (number) => count(number, 'места', 'мест', 'мест');
