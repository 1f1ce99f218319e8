"""Every code that clients branch on, and its text in each language we speak.

A code is never renamed: clients depend on it, and refusals are stored in the journal with
theirs. A new one is a line in its `Literal` and a line in its table; a test compares the two.
"""

from typing import Final, Literal, TypeGuard

from contracts.values.languages import API_LANGUAGE, Language, Text

RefusalCode = Literal[
    "overlap",
    "announcement_closed",
    "change_not_allowed",
    "tickets_below_confirmed",
    "guests_rely_on_it",
    "cannot_publish",
    "cannot_reopen",
    "cannot_close",
    "already_done",
    "too_many_evenings",
    "too_many_drafts",
    "too_many_invitations",
    "guest_invited_too_often",
    "no_seats",
    "already_booked",
    "unknown_person",
    "not_invitable",
    "already_invited",
    "own_announcement",
    "reopen_limit",
    "author_said_no",
    "guest_said_no",
    "invite_revoked",
    "booking_frozen",
    "waitlist_full",
    "too_many_invite_links",
    "invite_link_revoked",
    "invite_link_expired",
    "invite_link_used_up",
    "broadcast_not_possible",
    "broadcast_not_planned",
    "too_many_broadcasts",
    "mute_of_oneself",
    "mutes_full",
    "plans_full",
    "plan_has_no_time",
    "plan_has_no_place",
    "feeds_full",
    "erasure_not_requested",
    "evening_not_done",
    "already_rated",
    "rating_window_closed",
    "rating_revealed",
    "rating_retracted",
    "chat_closed",
    "post_deleted",
    "notice_not_waiting",
]
"""Codes of rules that say no. mypy checks them wherever one is raised."""

FormerRefusalCode = Literal["move_not_allowed"]
"""Refusals that no rule gives any more. Journals of earlier builds have them."""

FailureCode = Literal[
    "malformed_request",
    "malformed_header",
    "malformed_query",
    "malformed_body",
    "malformed_cursor",
    "naive_time",
    "time_in_past",
    "hold_out_of_range",
    "broadcast_out_of_range",
    "price_when_free",
    "episode_missing",
    "no_such_episode",
    "wished_time_too_short",
    "unknown_target",
    "key_reused",
    "too_large",
    "head_too_large",
    "request_timeout",
    "unsupported_media_type",
    "method_not_allowed",
    "unauthenticated",
    "token_expired",
    "forbidden",
    "suspended",
    "erasing",
    "wrong_erasure_token",
    "film_not_allowed",
    "own_sql_barred",
    "not_found",
    "stale_version",
    "unknown_host",
    "rate_limited",
    "needs_fact",
    "unavailable",
    "outcome_unknown",
    "no_leader",
    "dependency_down",
    "projection_behind",
    "internal_error",
]
"""All other codes."""

RecordedRefusal = RefusalCode | FormerRefusalCode
ErrorCode = RecordedRefusal | FailureCode

REFUSALS: Final[dict[RefusalCode, Text]] = {
    # Evenings.
    "overlap": Text("It overlaps another evening.", "Пересекается с другой встречей."),
    "announcement_closed": Text(
        "The evening is closed to new requests.", "Встреча закрыта для новых заявок."
    ),
    "change_not_allowed": Text(
        "This evening can no longer be changed.", "Эту встречу больше нельзя изменить."
    ),
    "tickets_below_confirmed": Text(
        "There cannot be fewer seats than are already taken.",
        "Мест не может быть меньше, чем уже занято.",
    ),
    "guests_rely_on_it": Text(
        "Guests rely on it: they are told of this change.",
        "На это рассчитывают гости: об этом изменении им сообщат.",
    ),
    "cannot_publish": Text(
        "Only a draft of an evening still to come can be published.",
        "Опубликовать можно только черновик предстоящей встречи.",
    ),
    "cannot_reopen": Text(
        "This evening cannot be opened again.", "Эту встречу нельзя открыть снова."
    ),
    "cannot_close": Text("This evening cannot be closed.", "Эту встречу нельзя закрыть."),
    "already_done": Text("The evening is already over.", "Встреча уже прошла."),
    "too_many_evenings": Text(
        "You have as many evenings to come as one host may have.",
        "У вас уже столько предстоящих встреч, сколько можно одному организатору.",
    ),
    "too_many_drafts": Text(
        "You have as many drafts as one host may have.",
        "У вас уже столько черновиков, сколько можно одному организатору.",
    ),
    # Bookings.
    "too_many_invitations": Text(
        "You have invited as many as one host may in a day.",
        "Вы уже отправили столько приглашений, сколько можно за день.",
    ),
    "guest_invited_too_often": Text(
        "You have invited this person as often as one host may in a day.",
        "Вы уже приглашали этого человека столько раз, сколько можно за день.",
    ),
    "no_seats": Text("No seat is left.", "Свободных мест не осталось."),
    "already_booked": Text(
        "You already have a booking here.", "У вас уже есть бронь на эту встречу."
    ),
    "unknown_person": Text("Nobody has this id.", "Такого человека нет."),
    "not_invitable": Text(
        "This person cannot be invited at the moment.",
        "Этого человека сейчас нельзя пригласить.",
    ),
    "already_invited": Text("This person is already invited.", "Этот человек уже приглашён."),
    "own_announcement": Text(
        "The host is not a guest of their own evening.",
        "Организатор не может быть гостем своей встречи.",
    ),
    "reopen_limit": Text(
        "A yes was taken back and given again too many times.",
        "Согласие слишком много раз отзывали и давали снова.",
    ),
    "author_said_no": Text("The host said no.", "Организатор отказал."),
    "guest_said_no": Text(
        "The guest is no longer asking to come.", "Гость больше не просит места."
    ),
    "invite_revoked": Text("The invitation was taken back.", "Приглашение отозвано."),
    "booking_frozen": Text(
        "The evening is over or cancelled: its bookings no longer change.",
        "Встреча прошла или отменена: её брони больше не меняются.",
    ),
    "waitlist_full": Text("The waiting list is full.", "Лист ожидания заполнен."),
    # Invite links.
    "too_many_invite_links": Text(
        "This evening has as many invite links as it may have.",
        "У этой встречи уже столько ссылок-приглашений, сколько можно.",
    ),
    "invite_link_revoked": Text(
        "The host has taken this link back.", "Организатор отозвал эту ссылку."
    ),
    "invite_link_expired": Text(
        "This link is no longer valid.", "Срок действия этой ссылки истёк."
    ),
    "invite_link_used_up": Text(
        "This link has been used as often as it may be.",
        "Эту ссылку уже использовали столько раз, сколько можно.",
    ),
    # Words to all guests.
    "broadcast_not_possible": Text(
        "Only the guests of a published evening that is not over can be written to.",
        "Написать можно только гостям опубликованной и ещё не завершённой встречи.",
    ),
    "broadcast_not_planned": Text(
        "The message was sent or cancelled and no longer changes.",
        "Сообщение уже отправлено или отменено и больше не меняется.",
    ),
    "too_many_broadcasts": Text(
        "You have written to the guests of this evening as often as one can.",
        "Вы уже писали гостям этой встречи столько раз, сколько можно.",
    ),
    # People.
    "mute_of_oneself": Text("Nobody mutes themselves.", "Себя заглушить нельзя."),
    "mutes_full": Text(
        "You have muted as many hosts as can be.",
        "Вы заглушили столько организаторов, сколько возможно.",
    ),
    "plans_full": Text(
        "You have planned as many films as can be.",
        "Вы запланировали столько фильмов, сколько возможно.",
    ),
    "plan_has_no_time": Text(
        "The plan has no time that is still to come, so say when.",
        "В плане нет времени в будущем, поэтому укажите его.",
    ),
    "plan_has_no_place": Text(
        "The plan has no place, so say where.", "В плане нет места, поэтому укажите его."
    ),
    "feeds_full": Text(
        "You have as many calendar feeds as can be.",
        "У вас столько календарных лент, сколько возможно.",
    ),
    "erasure_not_requested": Text(
        "This request to erase your data does not stand any more.",
        "Этот запрос на удаление ваших данных больше не действует.",
    ),
    # Ratings.
    "evening_not_done": Text(
        "Only an evening that took place and is over can be rated.",
        "Оценить можно только состоявшуюся и завершённую встречу.",
    ),
    "already_rated": Text(
        "You have rated this person for this evening already.",
        "Вы уже оценили этого человека за эту встречу.",
    ),
    "rating_window_closed": Text(
        "The time to rate this evening is over.", "Время для оценки этой встречи прошло."
    ),
    "rating_revealed": Text(
        "The rating has been revealed and no longer changes.",
        "Оценка раскрыта и больше не меняется.",
    ),
    "rating_retracted": Text("The rating was taken back.", "Оценка отозвана."),
    # Chats.
    "chat_closed": Text(
        "This chat can only be read by now: the evening is long over.",
        "Этот чат теперь можно только читать: встреча давно позади.",
    ),
    "post_deleted": Text("The post was deleted.", "Сообщение удалено."),
    # Notices.
    "notice_not_waiting": Text(
        "The notice was sent, or no longer waits.",
        "Уведомление уже отправлено или больше не ждёт отправки.",
    ),
}

FORMER_REFUSALS: Final[dict[FormerRefusalCode, Text]] = {
    "move_not_allowed": Text(
        "This evening can no longer be moved.", "Эту встречу больше нельзя перенести."
    ),
}

FAILURES: Final[dict[FailureCode, Text]] = {
    "malformed_request": Text("The request cannot be understood.", "Запрос не удалось понять."),
    "malformed_header": Text("A request header is malformed.", "Заголовок запроса некорректен."),
    "malformed_query": Text("A query parameter is malformed.", "Параметр запроса некорректен."),
    "malformed_body": Text("The request body is malformed.", "Тело запроса некорректно."),
    "malformed_cursor": Text(
        "The cursor is not one that this list gave out.",
        "Этот курсор не выдавался для данного списка.",
    ),
    "naive_time": Text(
        "A time must state its offset from UTC.", "Время должно содержать смещение от UTC."
    ),
    "time_in_past": Text("The time lies in the past.", "Время уже прошло."),
    "hold_out_of_range": Text(
        "A seat can be held from now until the evening starts.",
        "Место можно удерживать только до начала встречи.",
    ),
    "broadcast_out_of_range": Text(
        "A message can be sent from now until the evening is over.",
        "Сообщение можно отправить только до конца встречи.",
    ),
    "price_when_free": Text(
        "A free evening has no price.", "У бесплатной встречи не может быть цены."
    ),
    "episode_missing": Text(
        "An evening of a series names the season and the episode.",
        "Для сериала нужно указать сезон и серию.",
    ),
    "no_such_episode": Text(
        "There is no such season or episode.", "Такого сезона или такой серии нет."
    ),
    "wished_time_too_short": Text(
        "The film takes longer than this wished time.", "Фильм длиннее этого желаемого времени."
    ),
    "unknown_target": Text(
        "The operator has not configured such a target.",
        "Такого места для публикации администратор не настроил.",
    ),
    "key_reused": Text(
        "This Idempotency-Key was used for another request.",
        "Этот Idempotency-Key уже использован для другого запроса.",
    ),
    "too_large": Text("The request is too large.", "Запрос слишком большой."),
    "head_too_large": Text(
        "The request line and headers are too large.",
        "Строка запроса и заголовки слишком большие.",
    ),
    "request_timeout": Text(
        "The request took too long to arrive.", "Запрос передавался слишком долго."
    ),
    "unsupported_media_type": Text("The body must be JSON.", "Тело запроса должно быть в JSON."),
    "method_not_allowed": Text(
        "This address does not know the method.", "Этот адрес не поддерживает такой метод."
    ),
    "unauthenticated": Text("A valid token is needed.", "Нужен действительный токен."),
    "token_expired": Text("The token has expired.", "Срок действия токена истёк."),
    "forbidden": Text("You are not allowed to do this.", "У вас нет на это прав."),
    "suspended": Text("Your account is suspended.", "Ваша учётная запись приостановлена."),
    "erasing": Text("This person's data are being erased.", "Данные этого человека удаляются."),
    "wrong_erasure_token": Text(
        "This token does not confirm the erasure of your data.",
        "Этот токен не подтверждает удаление ваших данных.",
    ),
    "film_not_allowed": Text(
        "Evenings for this film are not announced here.",
        "Для этого фильма встречи здесь не объявляют.",
    ),
    "own_sql_barred": Text(
        "Only ready questions are answered here.", "Здесь отвечают только на готовые вопросы."
    ),
    "not_found": Text("There is nothing here.", "Здесь ничего нет."),
    "stale_version": Text(
        "It was changed in the meantime; read it again.",
        "За это время данные изменились; прочитайте их заново.",
    ),
    "unknown_host": Text("Nobody of this name is here.", "Здесь нет никого с таким именем хоста."),
    "rate_limited": Text("Too many requests; slow down.", "Слишком много запросов; не спешите."),
    "needs_fact": Text(
        "The decision needs a fact that was not looked up.",
        "Для решения не хватает сведений.",
    ),
    "unavailable": Text(
        "Not available at the moment; try again.", "Сейчас недоступно; повторите попытку."
    ),
    "outcome_unknown": Text(
        "It is unknown whether this counted; retry with the same Idempotency-Key.",
        "Неизвестно, выполнено ли действие; повторите с тем же Idempotency-Key.",
    ),
    "no_leader": Text(
        "Nobody takes commands at the moment; try again.",
        "Сейчас некому принять команду; повторите попытку.",
    ),
    "dependency_down": Text(
        "A service that is needed for this does not answer; try again.",
        "Нужный для этого сервис не отвечает; повторите попытку.",
    ),
    "projection_behind": Text(
        "The answer for this position is not ready yet.",
        "Ответ для этой позиции ещё не готов.",
    ),
    "internal_error": Text("Something went wrong on our side.", "Ошибка на нашей стороне."),
}

RECORDED_REFUSALS: Final = REFUSALS | FORMER_REFUSALS
ERROR_TEXTS: Final = RECORDED_REFUSALS | FAILURES


def describe(code: ErrorCode, language: Language = API_LANGUAGE) -> str:
    """Return the text for `code`."""
    return ERROR_TEXTS[code].in_language(language)


def is_error_code(code: str) -> TypeGuard[ErrorCode]:
    """Whether clients know `code` as one of ours."""
    return code in ERROR_TEXTS


def is_refusal(code: str) -> TypeGuard[RecordedRefusal]:
    """Whether the code is a refusal, of this build or of an earlier one."""
    return code in RECORDED_REFUSALS


def read_refusal(stored: str) -> RecordedRefusal:
    """Return `stored` as a refusal. Raises KeyError if it is not one."""
    if not is_refusal(stored):
        raise KeyError(stored)
    return stored
