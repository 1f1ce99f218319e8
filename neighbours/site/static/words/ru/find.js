import { count } from './numbers.js';

export default {
  q: 'Слова',
  location: 'Место',
  filters: 'Ещё условия',
  from: 'С',
  to: 'По',
  sort: 'Порядок',
  sorts: {
    '': 'сначала ближайшие', created: 'сначала новые', author_rating: 'сначала лучшие хозяева',
    tickets_left: 'сначала где больше мест', status: 'по состоянию',
  },
  status: 'Состояние',
  visibility: 'Для кого',
  any: 'любое',
  rating: 'Оценка хозяина не ниже',
  mine: 'Чьи',
  mines: { '': 'все', host: 'мои', guest: 'куда я иду' },
  has_seats: 'есть места',
  is_free: 'бесплатно',
  fits_my_schedule: 'не мешает моим делам',
  fits_my_plan: 'подходит к моему плану',
  find: 'Найти',
  earlier: 'Месяц раньше',
  later: 'Месяц позже',
  onDay: (day, number) => `${day}: ${count(number, 'вечер', 'вечера', 'вечеров')}`,
};
