export default {
  who: 'Who are you? Two windows can be two people.',
  empty: 'Nobody has announced an evening yet.',
  fill: 'Fill with an example week',
};
