export default {
  title: 'Чат',
  older: 'Ранние сообщения',
  write: 'Напишите всем, кто придёт',
  send: 'Отправить',
  edit: 'Изменить',
  save: 'Сохранить',
  delete: 'Удалить',
  changed: '(изменено)',
  deleted: 'удалено',
};
