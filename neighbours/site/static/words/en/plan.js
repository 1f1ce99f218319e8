export default {
  help: 'Films you would like to see in company. A new evening that fits is told to you. Nobody '
    + 'else sees this.',
  find: 'Evenings that fit',
  add: 'Add a film',
  film: 'Film',
  from: 'From',
  to: 'Until',
  place: 'Place (optional)',
  announce: 'Announce it myself',
  drop: 'Remove',
  free: 'When I am free',
  fromTime: 'from',
  toTime: 'until',
  days: {
    mon: 'Monday', tue: 'Tuesday', wed: 'Wednesday', thu: 'Thursday', fri: 'Friday',
    sat: 'Saturday', sun: 'Sunday',
  },
  save: 'Save',
  saved: 'Saved.',
};
