export default {
  roles: { host: 'As a host', guest: 'As a guest' },
  drift: 'Score, month by month',
  explain: 'How the score comes about',
  mean: (value) => `Plain mean: ${value}.`,
  prior: ({ prior_mean: mean, prior_weight: weight, half_life_days: days }) =>
    `The score begins at ${mean}, which counts as ${weight} ratings. A rating loses half of its `
    + `weight in ${days} days.`,
  columns: ['When', 'Score', 'Weight', 'Contribution'],
  counters: {
    late_cancellations: 'left late',
    no_shows: 'did not come',
    late_calls_off: 'called off late',
  },
  reviews: 'What guests wrote',
  unsigned: 'a guest',
  replied: 'Reply',
  reply: 'Reply once',
  send: 'Reply',
  mute: 'Hear no more of this host',
  unmute: 'Hear of this host again',
  block: 'Block',
  unblock: 'Unblock',
  follow: 'Follow',
  followed: 'You follow this person.',
};
