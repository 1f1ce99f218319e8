"""Names events for people, as the audit trail, notices and archives call them. Pure."""

from collections.abc import Mapping
from typing import Final

from contracts.values.languages import Language, Text

_HIDDEN: Final = Text("text hidden", "текст скрыт")

NAMES: Final[Mapping[str, Text]] = {
    "announcement.created": Text("evening created", "встреча создана"),
    "announcement.published": Text("evening published", "встреча опубликована"),
    "announcement.changed": Text("evening changed", "встреча изменена"),
    "announcement.closed": Text("closed to requests", "заявки закрыты"),
    "announcement.closed.full": Text("all seats are taken", "все места заняты"),
    "announcement.reopened": Text("open to requests again", "заявки снова открыты"),
    "announcement.reopened.seat_freed": Text("a seat is free again", "место освободилось"),
    "announcement.cancelled": Text("evening cancelled", "встреча отменена"),
    "announcement.done": Text("evening over", "встреча прошла"),
    "booking.requested": Text("request", "заявка"),
    "booking.invited": Text("invitation", "приглашение"),
    "booking.approved": Text("request approved", "заявка подтверждена"),
    "booking.accepted": Text("the guest has accepted", "согласие гостя"),
    "booking.preapproved": Text("request approved in advance", "заявка одобрена заранее"),
    "booking.offered": Text("a seat is offered", "предложено место"),
    "booking.rejected": Text("declined by the host", "отказ организатора"),
    "booking.revoked": Text("taken back by the host", "отозвано организатором"),
    "booking.declined": Text("declined by the guest", "отказ гостя"),
    "booking.withdrawn": Text("request withdrawn", "заявка отозвана"),
    "booking.left": Text("the guest cannot come", "гость не придёт"),
    "booking.reconsidered": Text("refusal taken back", "отказ взят назад"),
    "booking.released": Text("booking released", "бронь снята"),
    "booking.hold_lapsed": Text("seat no longer held", "срок ответа истёк"),
    "booking.hold_shortened": Text("seat held for less long", "срок ответа сокращён"),
    "booking.unsettled": Text("the guest has to agree again", "нужно снова согласие гостя"),
    "booking.resettled": Text("confirmed again", "снова подтверждено"),
    "booking.unqueued": Text("waiting list dissolved", "очередь распущена"),
    "invite_link.made": Text("invite link made", "ссылка-приглашение создана"),
    "invite_link.used": Text("invite link used", "ссылка-приглашение использована"),
    "invite_link.revoked": Text("invite link revoked", "ссылка-приглашение отозвана"),
    "invite_job.begun": Text("followers are being invited", "подписчиков начали приглашать"),
    "invite_job.advanced": Text("followers invited", "подписчики приглашены"),
    "broadcast.written": Text("message to the guests written", "сообщение гостям написано"),
    "broadcast.changed": Text("message to the guests changed", "сообщение гостям изменено"),
    "broadcast.cancelled": Text("message to the guests withdrawn", "сообщение гостям отменено"),
    "broadcast.sent": Text("message to the guests sent", "сообщение гостям отправлено"),
    "post.written": Text("chat message", "сообщение в чате"),
    "post.changed": Text("chat message edited", "сообщение в чате изменено"),
    "post.deleted": Text("chat message deleted", "сообщение в чате удалено"),
    "posts.read": Text("chat read", "чат прочитан"),
    "rating.given": Text("rating", "оценка"),
    "rating.changed": Text("rating changed", "оценка изменена"),
    "rating.revealed": Text("rating revealed", "оценка открыта"),
    "rating.retracted": Text("rating taken back", "оценка отозвана"),
    "rating.signed": Text("rating signed, or its signature taken off", "подпись оценки изменена"),
    "rating.replied": Text("review answered", "ответ на отзыв"),
    "report.made": Text("report", "жалоба"),
    "report.answered": Text("report answered", "ответ на жалобу"),
    "report.evening_hidden": _HIDDEN,
    "report.review_hidden": _HIDDEN,
    "report.post_hidden": _HIDDEN,
    "plan.film_planned": Text("film planned", "фильм добавлен в план"),
    "plan.film_unplanned": Text("film removed from the plan", "фильм убран из плана"),
    "plan.free_times_stated": Text("free times stated", "свободное время указано"),
    "feed.made": Text("calendar feed made", "лента календаря создана"),
    "feed.revoked": Text("calendar feed revoked", "лента календаря отозвана"),
    "person.seen": Text("name or zone as Auth knows it", "имя или часовой пояс из профиля"),
    "person.muted": Text("host muted", "уведомления об организаторе отключены"),
    "person.unmuted": Text("host no longer muted", "уведомления об организаторе включены"),
    "person.blocked": Text("person blocked", "пользователь заблокирован"),
    "person.unblocked": Text("person no longer blocked", "пользователь разблокирован"),
    "person.suspended": Text("suspended by an operator", "доступ закрыт администратором"),
    "person.reinstated": Text("let in again by an operator", "доступ открыт администратором"),
    "person.erasure_requested": Text("erasure asked for", "запрошено удаление данных"),
    "person.erasure_confirmed": Text("erasure confirmed", "удаление данных подтверждено"),
    "person.erasure_withdrawn": Text("erasure cancelled", "удаление данных отменено"),
    "person.erased": Text("data erased", "данные удалены"),
}
"""By type without version; with the reason where that says more."""


def name_event(event_type: str, reason: object, language: Language) -> str:
    """Return the name of an event by its type, with or without version, and its reason if it has
    one. A type that has no name, such as one of a newer build, is its own."""
    kind = ".".join(event_type.split(".")[:2])
    name = NAMES.get(f"{kind}.{reason}") or NAMES.get(kind)
    return kind if name is None else name.in_language(language)
