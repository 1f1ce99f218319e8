import { count } from './numbers.js';

export default {
  past: 'Before now',
  unread: (number) => `${count(number, 'unread message', 'unread messages')}`,
  feeds: 'In your calendar',
  feedsHelp: 'A calendar program that reads such an address shows your evenings. Whoever has the '
    + 'address can read it, so give each program its own.',
  firstFeed: 'first address',
  address: 'Address of the calendar',
  revoke: 'Revoke',
  feedName: 'Name of the program',
  make: 'Make an address',
};
