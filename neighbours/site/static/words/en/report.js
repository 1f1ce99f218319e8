export default {
  title: 'Report',
  reason: 'What is wrong',
  send: 'Send to the operators',
  sent: 'The operators have it. Nobody else learns who reported.',
};
