export default {
  title: 'How was it?',
  score: 'Score, 1 to 10',
  text: 'In words (optional)',
  noShow: 'Did not come',
  signed: 'Let my name stand under it',
  give: 'Rate',
  change: 'Change',
  done: 'Thank you.',
  gave: (name, score) => `You gave ${name} ${score}.`,
  received: (score) => `You were given ${score}.`,
  sealed: (until) => `Sealed until both have rated, at the latest until ${until}.`,
};
