export default {
  title: 'Фильмы',
  search: 'Название фильма или сериала',
  none: 'Фильма с таким названием нет.',
  series: 'сериал',
  minutes: (number) => `${number} мин`,
};
