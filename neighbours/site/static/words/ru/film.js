import { count } from './numbers.js';

export default {
  button: 'Кино в компании',
  open: (number) => count(number, 'открытый вечер', 'открытых вечера', 'открытых вечеров'),
  noEvenings: 'Пока никто не объявил вечер. Будьте первым.',
  all: 'Все вечера с этим фильмом',
  announce: 'Объявить вечер',
  notShown: 'Этот фильм здесь нельзя смотреть в компании.',
};
