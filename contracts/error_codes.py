"""Every code that clients branch on, and its text in each language we speak.

A code is never renamed: clients depend on it, and refusals are stored in the journal with
theirs. A new one is a line in its `Literal` and a line in its table; a test compares the two.
"""

from typing import Final, Literal, TypeGuard

from contracts.failure_codes import FAILURES, FailureCode
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
    "block_of_oneself",
    "blocks_full",
    "report_of_oneself",
    "too_many_reports",
    "report_answered",
    "nothing_to_hide",
    "erasure_not_requested",
    "evening_not_done",
    "already_rated",
    "rating_window_closed",
    "rating_revealed",
    "rating_retracted",
    "already_replied",
    "chat_closed",
    "post_deleted",
    "notice_not_waiting",
    "not_parked",
    "earlier_event_parked",
    "erasure_not_droppable",
]
"""Codes of rules that say no. mypy checks them wherever one is raised."""

FormerRefusalCode = Literal["move_not_allowed"]
"""Refusals that no rule gives any more. Journals of earlier builds have them."""

RecordedRefusal = RefusalCode | FormerRefusalCode
ErrorCode = RecordedRefusal | FailureCode

REFUSALS: Final[dict[RefusalCode, Text]] = {
    # Evenings.
    "overlap": Text(
        "It overlaps another evening.", "По времени это пересекается с другой встречей."
    ),
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
        "Guests rely on this, so they have to be told of the change.",
        "Гости на это рассчитывают, поэтому об изменении им надо сообщить.",
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
        "Больше предстоящих встреч у одного организатора быть не может.",
    ),
    "too_many_drafts": Text(
        "You have as many drafts as one host may have.",
        "Больше черновиков у одного организатора быть не может.",
    ),
    # Bookings.
    "too_many_invitations": Text(
        "You have invited as many as one host may in a day.",
        "Сегодня больше приглашений отправить нельзя.",
    ),
    "guest_invited_too_often": Text(
        "You have invited this person as often as one host may in a day.",
        "Сегодня этого человека больше нельзя приглашать.",
    ),
    "no_seats": Text("No seat is left.", "Свободных мест не осталось."),
    "already_booked": Text(
        "You already have a request or a seat here.",
        "У вас уже есть заявка или место на этой встрече.",
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
        "The answer was changed too many times.",
        "Ответ меняли слишком много раз.",
    ),
    "author_said_no": Text("The host said no.", "Организатор отказал."),
    "guest_said_no": Text("The guest is no longer asking to come.", "Гость уже не просит места."),
    "invite_revoked": Text(
        "The host has taken back the invitation or the offered seat.",
        "Организатор отозвал приглашение или предложенное место.",
    ),
    "booking_frozen": Text(
        "The evening is over or cancelled: answers no longer change.",
        "Встреча прошла или отменена: ответы больше не меняются.",
    ),
    "waitlist_full": Text("The waiting list is full.", "Очередь заполнена."),
    # Invite links.
    "too_many_invite_links": Text(
        "This evening has as many invite links as it may have.",
        "Больше ссылок-приглашений у одной встречи быть не может.",
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
        "Больше сообщений гостям этой встречи отправить нельзя.",
    ),
    # People.
    "mute_of_oneself": Text("Nobody mutes themselves.", "Отключить уведомления о себе нельзя."),
    "mutes_full": Text(
        "You have muted as many hosts as can be.",
        "Отключить уведомления ещё одного организатора нельзя: их уже слишком много.",
    ),
    "plans_full": Text(
        "You have planned as many films as can be.",
        "Больше фильмов в плане быть не может.",
    ),
    "plan_has_no_time": Text(
        "The plan has no time that is still to come. Say when.",
        "В плане нет времени, которое ещё впереди. Укажите, когда.",
    ),
    "plan_has_no_place": Text(
        "The plan has no place. Say where.", "В плане нет места. Укажите, где."
    ),
    "feeds_full": Text(
        "You have as many calendar feeds as can be.",
        "Больше лент календаря создать нельзя.",
    ),
    "block_of_oneself": Text("Nobody blocks themselves.", "Себя заблокировать нельзя."),
    "blocks_full": Text(
        "You have blocked as many people as can be.",
        "Больше людей заблокировать нельзя.",
    ),
    "report_of_oneself": Text("Nobody reports themselves.", "Жаловаться на себя нельзя."),
    "too_many_reports": Text(
        "You have made as many reports today as can be.",
        "Сегодня больше жалоб отправить нельзя.",
    ),
    "report_answered": Text("The report is answered already.", "На жалобу уже ответили."),
    "nothing_to_hide": Text(
        "A person has no text to hide; suspend them instead.",
        "У человека нет текста, который можно скрыть; заблокируйте его.",
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
        "Оценка открыта и больше не меняется.",
    ),
    "rating_retracted": Text("The rating was taken back.", "Оценка отозвана."),
    "already_replied": Text("You have replied to this already.", "Вы уже ответили на этот отзыв."),
    # Chats.
    "chat_closed": Text(
        "This chat can only be read now: the evening is long over.",
        "Этот чат теперь можно только читать: встреча давно прошла.",
    ),
    "post_deleted": Text("The post was deleted.", "Сообщение удалено."),
    # Notices.
    "notice_not_waiting": Text(
        "The notice was sent, or no longer waits.",
        "Уведомление уже отправлено или больше не ждёт отправки.",
    ),
    "not_parked": Text("It is not parked.", "Это не отложено."),
    # Dead letters.
    "earlier_event_parked": Text(
        "An earlier event of the same key is parked. Retry or drop that one first.",
        "Более раннее событие того же ключа отложено. Сначала повторите или отбросьте его.",
    ),
    "erasure_not_droppable": Text(
        "An erasure of a person cannot be given up. Retry it with a build that can project it.",
        "От удаления данных человека нельзя отказаться. Повторите его сборкой, которая его знает.",
    ),
}

FORMER_REFUSALS: Final[dict[FormerRefusalCode, Text]] = {
    "move_not_allowed": Text(
        "This evening can no longer be moved.", "Эту встречу больше нельзя перенести."
    ),
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
