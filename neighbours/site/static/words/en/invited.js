export default {
  title: 'You are invited',
  text: 'Somebody sent you a link to their film evening.',
  come: 'I want to come',
};
