const forms = new Intl.PluralRules('ru');

const count = (number, one, few, many) =>
  `${number} ${{ one, few, many }[forms.select(number)] ?? few}`;
const seats = (number) => count(number, 'места', 'мест', 'мест');
const evenings = (number) => count(number, 'встреча', 'встречи', 'встреч');

export default {
  brand: 'Кино в компании',
  menu: {
    films: 'Фильмы', evenings: 'Встречи', mine: 'Мои встречи', plan: 'Мой план',
    notices: 'Уведомления', myself: 'Обо мне', skip: 'К содержанию', language: 'English',
    loseForm: 'Стереть написанное?', me: 'Я', another: 'Кто-то другой…',
    whoAreYou: 'Ваш логин', logIn: 'Войти', offline: 'Связь потеряна. Показанное могло устареть.',
  },
  common: {
    loading: 'Загружаем…', again: 'Ещё раз', nothing: 'Здесь пусто.',
    unreachable: 'Нет ответа. Проверьте связь и попробуйте ещё раз.',
    notFound: 'По этому адресу ничего нет, или вам это недоступно.',
    logInFirst: 'Войдите, чтобы открыть эту страницу: вы сразу на неё вернётесь.', more: 'Ещё',
    numbers: 'В цифрах', save: 'Сохранить', saved: 'Сохранено.', send: 'Отправить', revoke: 'Отозвать',
    revokeForSure: 'Этот адрес перестанет работать. Отозвать его?', yes: 'Да', no: 'Нет',
  },
  standIns: {
    'erased person': 'удалённый пользователь', '[erased]': '[удалено]', '[hidden]': '[скрыто]',
  },
  state: {
    requested: 'ждёт ответа организатора', waitlisted: 'в очереди', invited: 'приглашение',
    offered: 'предложено место', confirmed: 'подтверждено', rejected: 'отказ организатора',
    declined: 'ваш отказ', withdrawn: 'заявка отозвана',
    revoked: 'отозвано организатором', ended: 'обоюдный отказ', hosting: 'моя встреча',
  },
  rating: {
    none: 'оценок пока нет',
    of: (score, number) =>
      `${score} из 10, ${count(number, 'оценка', 'оценки', 'оценок')}`,
  },
  films: {
    search: 'Название фильма или сериала', none: 'Фильма с таким названием нет.', series: 'сериал',
    minutes: (number) => `${number} мин`,
  },
  film: {
    open: (number) => count(number, 'открытая встреча', 'открытые встречи', 'открытых встреч'),
    noEvenings: 'Встреч со свободными местами сейчас нет.', all: 'Все встречи с этим фильмом',
    announce: 'Создать встречу', choose: 'Сначала выберите фильм',
    notShown: 'Встречи с этим фильмом здесь не проводят.',
    episode: (season, episode) => `сезон ${season}, серия ${episode}`,
  },
  find: {
    q: 'Поиск', filters: 'Ещё условия', from: 'С', to: 'По', sort: 'Сортировка',
    sorts: {
      '': 'сначала ближайшие', '-event_time': 'сначала поздние',
      created: 'сначала новые', author_rating: 'сначала лучшие организаторы',
      tickets_left: 'сначала где больше мест', status: 'по статусу',
    },
    status: 'Статус', visibility: 'Для кого',
    any: 'неважно', some: 'открыта или есть очередь', anyFilm: 'любой фильм', ofHost: 'Организатор:',
    rating: 'Оценка организатора не ниже', mine: 'Чьи',
    mines: { '': 'все', host: 'мои', guest: 'куда я иду' },
    has_seats: 'есть места', is_free: 'бесплатно', fits_my_schedule: 'когда у меня нет встреч',
    fits_my_plan: 'подходит к моему плану', all: 'из моих — ещё прошедшие и отменённые', find: 'Найти',
    clear: 'Сбросить',
    found: ({ lines, more }) => lines.length
      ? `${more ? 'Первые ' : ''}${evenings(lines.length)}` : 'Подходящих встреч нет.',
    earlier: 'Предыдущий месяц', later: 'Следующий месяц', calendar: 'Календарь',
    onDay: (day, number) => `${day}: ${evenings(number)}`,
  },
  evening: {
    by: (name) => `Приглашает ${name}`,
    when: 'Когда', where: 'Где', hint: 'Ориентир', hidden: 'адрес увидят подтверждённые гости',
    price: 'Цена', free: 'бесплатно', paid: 'см. описание', seats: 'Места',
    left: (left, all) => `свободно ${left} из ${seats(all)}`,
    guests: 'Гости', guestsHidden: 'Организатор не показывает, кто придёт.', calendar: 'В календарь',
    full: 'мест нет, есть очередь',
    status: {
      Created: 'черновик', Alive: 'открыта', Closed: 'заявки закрыты', Done: 'прошла', Cancelled: 'отменена',
    },
    past: { confirmed: 'место было', open: 'осталось без ответа' },
    visibility: { public: 'для всех', subscribers: 'для подписчиков', invite: 'по приглашениям' },
    ask: 'Хочу прийти', join: 'Встать в очередь', message: 'Сообщение организатору',
    youMayAsk: 'Есть свободные места.', youWouldWait: 'Все места заняты, но можно встать в очередь.',
    overlaps: 'В это время у вас уже есть', others: 'Другие встречи с этим фильмом',
    accept: 'Принять', decline: 'Отказаться', leave: 'Не приду',
    leaveForSure: 'Освободить место? Его может занять другой. Поздние отказы видны всем.',
    withdraw: 'Отозвать заявку',
    holdUntil: (when) => `Место придержано для вас. Срок: ${when}.`,
    inLine: (place) => `Ваш номер в очереди: ${place}.`,
  },
  host: {
    title: 'Название', description: 'Описание', zone: 'Часовой пояс', noZone: 'не указан (по моим часам)',
    hideLocation: 'Адрес только для подтверждённых гостей', price: 'Цена места',
    priceHint: 'Если бесплатно, укажите 0', currency: 'Валюта', hideGuests: 'Скрыть список гостей',
    season: 'Сезон', episode: 'Серия', publish: 'Опубликовать', keepDraft: 'Оставить черновиком',
    change: 'Изменить', changeNow: 'Сохранить изменения',
    close: 'Больше не принимать заявки', reopen: 'Снова принимать заявки', preview: 'Кому об этом сообщат?',
    wouldBeTold: 'Об этом узнают:', nobodyTold: 'Сообщать об этом некому.', followers: 'ваши подписчики',
    requests: 'Заявки и гости',
    states: { requested: 'ждёт вашего ответа', rejected: 'ваш отказ', declined: 'отказ гостя' },
    noRequests: 'Заявок пока нет.', approve: 'Подтвердить', decline: 'Отказать', takeBack: 'Отозвать',
    takeBackForSure: (name) => `${name}: отозвать место или приглашение?`,
    approveChosen: 'Подтвердить выбранных', declineChosen: 'Отказать выбранным',
    invite: 'Пригласить', whom: 'Кого',
    invited: 'Приглашение отправлено.', inviteFollowers: 'Пригласить всех подписчиков',
    job: ({ invited, left_over: left }) =>
      `Приглашено подписчиков: ${invited}${left ? `, на завтра осталось: ${left}` : ''}.`,
    makeLink: 'Создать ссылку-приглашение', link: 'Ссылка-приглашение',
    used: (times) => `использована ${count(times, 'раз', 'раза', 'раз')}`,
    share: 'Поделиться', card: 'Карточка встречи', word: 'Сообщение гостям', text: 'Текст', to: 'Кому',
    audiences: {
      confirmed: 'подтверждённым', requested: 'ждущим ответа', waitlisted: 'стоящим в очереди',
      invited: 'приглашённым',
    },
    befores: { '': 'сейчас', 60: 'за час до начала', 1440: 'за день до начала' },
    said: 'Готово.', unsay: 'Не отправлять',
    reaches: (number) => count(number, 'человек', 'человека', 'человек'),
    cancel: 'Отменить встречу', drop: 'Удалить черновик', cancelNow: 'Да, отменить',
    reason: 'Причина (её прочитают гости)',
  },
  chat: {
    title: 'Чат', older: 'Предыдущие сообщения', write: 'Напишите всем, кто придёт',
    edit: 'Изменить', delete: 'Удалить', deleteForSure: 'Удалить это сообщение у всех?',
    changed: '(изменено)', deleted: 'Сообщение удалено.',
  },
  rate: {
    title: 'Как всё прошло?', score: 'Оценка от 1 до 10', text: 'Отзыв (необязательно)',
    noShow: 'Гость не пришёл (оценка всё равно нужна)', signed: 'Подписать моим именем',
    give: 'Оценить', done: 'Спасибо.',
    gave: (name, score) => `${name}: ваша оценка — ${score}.`,
    received: (score) => `Вам поставили ${score}.`,
    sealed: (until) => `Оценки откроются, когда их поставят обе стороны, но не позже: ${until}.`,
  },
  history: {
    title: 'История встречи', moment: 'Как было на этот момент', system: 'автоматически',
    events: {
      post: 'сообщение в чате', invite_link: 'ссылка-приглашение', invite_job: 'приглашение подписчиков',
      broadcast: 'сообщение гостям', report: 'текст скрыт', rating: 'оценка',
      'announcement.created': 'встреча создана', 'announcement.published': 'встреча опубликована',
      'announcement.changed': 'встреча изменена', 'announcement.closed': 'заявки закрыты',
      'announcement.closed.full': 'все места заняты', 'announcement.reopened': 'заявки снова открыты',
      'announcement.reopened.seat_freed': 'место освободилось', 'announcement.cancelled': 'встреча отменена',
      'announcement.done': 'встреча прошла', 'booking.requested': 'заявка',
      'booking.approved': 'заявка подтверждена', 'booking.preapproved': 'заявка одобрена заранее',
      'booking.reconsidered': 'отказ взят назад', 'booking.accepted': 'согласие гостя',
      'booking.declined': 'отказ гостя', 'booking.left': 'гость не придёт',
      'booking.hold_lapsed': 'срок ответа истёк', 'booking.hold_shortened': 'срок ответа сокращён',
      'booking.released': 'бронь снята', 'booking.resettled': 'снова подтверждено',
      'booking.unqueued': 'очередь распущена', 'booking.unsettled': 'нужно снова согласие гостя',
      'rating.revealed': 'оценка открыта', 'rating.retracted': 'оценка отозвана',
      'rating.replied': 'ответ на отзыв',
    },
  },
  first: {
    who: 'Кем войти? В другом окне можно быть другим.', empty: 'Пока здесь нет ни одной встречи.',
    fill: 'Заполнить примером на неделю',
  },
  mine: {
    none: 'Встреч здесь пока нет.', find: 'Найти встречу', coming: 'Всё, что впереди',
    unread: (number) =>
      count(number, 'новое сообщение', 'новых сообщения', 'новых сообщений'),
    feeds: 'В вашем календаре',
    feedsHelp: 'По такому адресу ваши встречи увидит программа-календарь и любой, кто его знает. '
      + 'Дайте каждой программе свой.',
    firstFeed: 'первый адрес', address: 'Адрес календаря', feedName: 'Название программы',
    make: 'Создать адрес',
  },
  figures: {
    title: 'Мои встречи в цифрах', help: 'Эти числа видите только вы.',
    none: 'Создайте встречу, и здесь появятся её итоги.',
  },
  plan: {
    help: 'Что вы хотите посмотреть в компании. О подходящих встречах мы сообщим. План видите '
      + 'только вы.',
    find: 'Подходящие встречи', add: 'Добавить фильм', film: 'Фильм', to: 'До', place: 'Где (необязательно)',
    drop: 'Убрать', free: 'Моё свободное время', fromTime: 'с', toTime: 'до',
  },
  notices: {
    preferences: 'Настройки уведомлений', why: 'Почему мне это пришло?',
    event: (name, when) => `Что произошло: ${name}, ${when}.`,
    evening: 'встреча',
    state: {
      waiting: 'ждёт отправки', planned: 'запланировано', sent: 'отправлено',
      cancelled: 'отменено', parked: 'не доставлено', unconfirmed: 'возможно, доставлено',
    },
    language: 'Язык уведомлений',
    languages: { '': 'как в профиле', ru: 'Русский', en: 'English' },
    tellMe: 'О чём сообщать', receipts: 'Подтверждать и мои собственные действия',
    quietFrom: 'Не беспокоить с',
  },
  kinds: {
    announce_new: 'новая встреча', announce_put: 'встреча изменена',
    announce_delete: 'встреча отменена', announce_done: 'встреча прошла',
    booking_new: 'заявка или приглашение', booking_status: 'изменение брони',
    booking_unanswered: 'ответа ещё нет', host_message: 'сообщение организатора',
    remind_day: 'напоминание за день', remind_hour: 'напоминание за час',
    score_request: 'просьба оценить', score_revealed: 'оценка открыта', chat_digest: 'новое в чате',
    plan_match: 'встречи по моему плану', operator_message: 'сообщение администраторов',
    erasure_requested: 'запрошено удаление данных', erasure_confirmed: 'удаление данных подтверждено',
    erasure_withdrawn: 'удаление данных отменено',
    text_hidden: 'текст скрыт', report_answered: 'ответ на жалобу',
  },
  person: {
    roles: { host: 'Как организатор', guest: 'Как гость' },
    drift: 'Оценка по месяцам', explain: 'Откуда взялась оценка',
    prior: ({ prior_mean: mean, prior_weight: weight, half_life_days: days }) =>
      `Отсчёт идёт от ${mean}: это весит как ${count(weight, 'оценка', 'оценки', 'оценок')}. `
      + `За ${count(days, 'день', 'дня', 'дней')} оценка теряет половину веса.`,
    columns: { score: 'Оценка', weight: 'Вес', contribution: 'Вклад' },
    counters: {
      late_cancellations: 'поздние отказы от места', no_shows: 'неявки',
      late_calls_off: 'поздние отмены встреч',
    },
    reviews: 'Отзывы гостей', unsigned: 'гость', replied: 'Ответ', reply: 'Ваш ответ (только один)',
    send: 'Ответить', mute: 'Не сообщать о встречах', unmute: 'Снова сообщать о встречах',
    block: 'Заблокировать', unblock: 'Разблокировать', follow: 'Подписаться', unfollow: 'Отписаться',
    evenings: 'Встречи этого организатора',
  },
  data: {
    title: 'Мои данные', archive: 'Что обо мне хранится',
    archiveHelp: 'Один архив: страница для чтения и файлы для программ.', fetch: 'Скачать мои данные',
    erasure: 'Удалить мои данные',
    erasureHelp: 'Встречи отменят, места достанутся другим, имя и тексты больше никому не покажут. '
      + 'На раздумье есть неделя.',
    forSure: 'Удалить ваши данные?',
    confirmed: (when) => `Начало удаления: ${when}. До этого можно передумать.`,
    withdraw: 'Отменить удаление',
  },
  report: {
    title: 'Пожаловаться', reason: 'Что не так',
    how: 'Откройте то, на что хотите пожаловаться, и нажмите там «Пожаловаться».',
    send: 'Отправить администраторам',
    sent: 'Жалоба отправлена. Автора узнают только администраторы.',
  },
};
