export default {
  title: 'Films',
  search: 'Title of a film or series',
  none: 'No film has such a title.',
  series: 'series',
  minutes: (number) => `${number} min`,
};
