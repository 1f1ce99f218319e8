/** Words that every page needs. */

import { count } from './numbers.js';

export default {
  brand: 'Кино в компании',
  menu: {
    films: 'Фильмы',
    evenings: 'Встречи',
    mine: 'Мои встречи',
    plan: 'Мой план',
    notices: 'Уведомления',
    myself: 'Обо мне',
    skip: 'К содержанию',
    language: 'English',
    me: 'Я',
    nobody: 'Войти',
    another: 'Кто-то другой…',
    whoAreYou: 'Ваш логин',
    logIn: 'Войти',
    offline: 'Связь потеряна. Показанное могло устареть.',
  },
  common: {
    loading: 'Загружаем…',
    again: 'Ещё раз',
    nothing: 'Здесь пусто.',
    unreachable: 'Нет ответа. Проверьте связь и попробуйте ещё раз.',
    notFound: 'Такой страницы нет, или она вам недоступна.',
    logInFirst: 'Чтобы продолжить, войдите.',
    more: 'Ещё',
    numbers: 'В цифрах',
    save: 'Сохранить',
    saved: 'Сохранено.',
    send: 'Отправить',
    revoke: 'Отозвать',
    revokeForSure: 'Этот адрес перестанет работать. Отозвать его?',
    yes: 'Да',
    no: 'Нет',
  },
  state: {
    requested: 'ждёт ответа организатора',
    waitlisted: 'в очереди',
    invited: 'приглашение',
    offered: 'предложено место',
    confirmed: 'подтверждено',
    rejected: 'отказ организатора',
    declined: 'отказ гостя',
    withdrawn: 'заявка отозвана',
    revoked: 'приглашение отозвано',
    ended: 'обоюдный отказ',
    hosting: 'моя встреча',
  },
  rating: {
    none: 'оценок пока нет',
    of: (score, number) =>
      `${score} из 10, ${count(number, 'оценка', 'оценки', 'оценок')}`,
  },
};
