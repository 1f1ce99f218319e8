/** Words that every page needs. */

import { count } from './numbers.js';

export default {
  brand: 'Кино в компании',
  menu: {
    films: 'Фильмы',
    evenings: 'Киновечера',
    mine: 'Мои вечера',
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
    unreachable: 'Нет ответа. Система запущена?',
    notFound: 'Такой страницы нет, или вам её не видно.',
    logInFirst: 'Чтобы продолжить, войдите.',
    more: 'Ещё',
    numbers: 'Числами',
    save: 'Сохранить',
    saved: 'Сохранено.',
    send: 'Отправить',
    revoke: 'Отозвать',
    revokeForSure: 'Этим адресом больше никто не воспользуется. Отозвать?',
    yes: 'Да',
    no: 'Нет',
  },
  state: {
    requested: 'ждёт ответа хозяина',
    waitlisted: 'в очереди',
    invited: 'приглашение',
    offered: 'предложено место',
    confirmed: 'подтверждено',
    rejected: 'хозяин отказал',
    declined: 'гость отказался',
    withdrawn: 'отозвано',
    revoked: 'приглашение отозвано',
    ended: 'закончено',
    hosting: 'мой вечер',
  },
  rating: {
    none: 'оценок пока нет',
    of: (score, number) =>
      `${score} из 10, ${count(number, 'оценка', 'оценки', 'оценок')}`,
  },
};
