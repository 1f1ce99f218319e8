import { count } from './numbers.js';

export default {
  button: 'Watch it together',
  open: (number) => `${count(number, 'open evening', 'open evenings')}`,
  noEvenings: 'Nobody has announced an evening yet. Be the first.',
  all: 'All evenings of this film',
  announce: 'Announce an evening',
  notShown: 'This film cannot be watched in company here.',
};
