/** Numbers with their words. */

import { plural } from '../plural.js';

export const count = (number, one, other) => plural('en', number, { one, other });
export const seats = (number) => count(number, 'seat', 'seats');
