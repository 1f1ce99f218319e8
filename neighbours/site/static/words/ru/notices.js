export default {
  preferences: 'О чём мне сообщать',
  why: 'Почему мне это пришло?',
  evening: 'вечер',
  state: {
    waiting: 'ждёт', sent: 'отправлено', dropped: 'уже неверно', skipped: 'не отправлено',
    cancelled: 'отменено', parked: 'не доставлено', unconfirmed: 'может быть, доставлено',
  },
  language: 'Язык уведомлений',
  languages: { '': 'как в профиле', ru: 'Русский', en: 'English' },
  tellMe: 'Сообщать, если',
  receipts: 'Подтверждать и мои собственные действия',
  quietFrom: 'Тихо с',
  quietTo: 'до',
  save: 'Сохранить',
  saved: 'Сохранено.',
};
