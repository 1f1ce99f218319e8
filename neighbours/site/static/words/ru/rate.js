export default {
  title: 'Как прошло?',
  score: 'Оценка от 1 до 10',
  text: 'Словами (необязательно)',
  noShow: 'Не пришёл',
  signed: 'Подписать моим именем',
  give: 'Оценить',
  change: 'Изменить',
  done: 'Спасибо.',
  gave: (name, score) => `Вы поставили ${name}: ${score}.`,
  received: (score) => `Вам поставили ${score}.`,
  sealed: (until) => `Закрыто, пока не оценят обе стороны, но не дольше, чем до ${until}.`,
};
