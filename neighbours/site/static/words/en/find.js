import { count } from './numbers.js';

export default {
  q: 'Words',
  location: 'Place',
  filters: 'More filters',
  from: 'From',
  to: 'Until',
  sort: 'Order',
  sorts: {
    '': 'soonest first', created: 'newest first', author_rating: 'best hosts first',
    tickets_left: 'most seats first', status: 'by status',
  },
  status: 'Status',
  visibility: 'For whom',
  any: 'any',
  rating: 'Host rated at least',
  mine: 'Whose',
  mines: { '': 'everybody’s', host: 'that I host', guest: 'that I go to' },
  has_seats: 'has seats left',
  is_free: 'free of charge',
  fits_my_schedule: 'fits my schedule',
  fits_my_plan: 'fits my plan',
  find: 'Find',
  earlier: 'Earlier month',
  later: 'Later month',
  onDay: (day, number) => `${day}: ${count(number, 'evening', 'evenings')}`,
};
