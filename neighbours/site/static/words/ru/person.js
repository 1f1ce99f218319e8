export default {
  roles: { host: 'Как хозяин', guest: 'Как гость' },
  drift: 'Оценка по месяцам',
  explain: 'Откуда взялась оценка',
  mean: (value) => `Простое среднее: ${value}.`,
  prior: ({ prior_mean: mean, prior_weight: weight, half_life_days: days }) =>
    `Оценка начинается с ${mean}, что считается за ${weight} отзывов. За ${days} дней отзыв теряет `
    + 'половину веса.',
  columns: ['Когда', 'Оценка', 'Вес', 'Вклад'],
  counters: {
    late_cancellations: 'поздние отказы',
    no_shows: 'неявки',
    late_calls_off: 'поздние отмены',
  },
  reviews: 'Что пишут гости',
  unsigned: 'гость',
  replied: 'Ответ',
  reply: 'Ответить один раз',
  send: 'Ответить',
  mute: 'Не сообщать об этом хозяине',
  unmute: 'Снова сообщать об этом хозяине',
  block: 'Заблокировать',
  unblock: 'Разблокировать',
  follow: 'Подписаться',
  followed: 'Вы подписаны.',
};
