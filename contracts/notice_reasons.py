"""Says to a person why they get a notice: by what relation to the evening, and whether they can
switch such notices off. Pure.

A notice keeps few facts of its cause, and those of an earlier version keep fewer. So each kind
has reasons from the most specific to one that is true of all its notices.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from contracts.values.languages import Language, Text


class NoticeCause(NamedTuple):
    """The facts by which somebody is told why they get a notice."""

    kind: str
    as_host: bool
    """Whether the evening is the recipient's own."""
    receipt: bool
    """Whether it confirms what the recipient did."""
    what: str | None = None
    """The change of a booking that it tells."""
    state: str | None = None
    """The state of the recipient's own booking when it was caused."""
    invited: bool = False
    """Whether the recipient is told of a new evening because of an invitation."""


_RELATION: Final[dict[str, Text]] = {
    "confirmed": Text("You had a seat", "У вас было место"),
    "requested": Text("You had asked for a seat", "Вы просили место"),
    "waitlisted": Text("You were on the waiting list", "Вы стояли в очереди"),
    "invited": Text(
        "You were invited or offered a seat", "Вас приглашали или вам предлагали место"
    ),
}
"""A guest's, by the state of the booking."""
_ANY_RELATION: Final = Text(
    "You had a seat, a request or an invitation", "У вас было место, заявка или приглашение"
)


def _of_guests(kind: str, en: str, ru: str) -> dict[str, Text]:
    """Return the reasons of a kind that every guest gets whom an event concerns. `en` and `ru` go
    on after the relation to the evening."""
    reasons = {
        f"{kind}.{state}.guest": Text(f"{one.en} {en}", f"{one.ru}, {ru}")
        for state, one in _RELATION.items()
    }
    return {kind: Text(f"{_ANY_RELATION.en} {en}", f"{_ANY_RELATION.ru}, {ru}"), **reasons}


REASONS: Final[dict[str, Text]] = {
    "announce_new": Text(
        "You follow the host of this evening.", "Вы подписаны на организатора этой встречи."
    ),
    "announce_new.invited": Text(
        "The host has invited you to this evening.", "Организатор пригласил вас на эту встречу."
    ),
    **_of_guests("announce_put", "when the evening was changed.", "когда встречу изменили."),
    "announce_put.host": Text(
        "It is your evening, and it was changed.", "Это ваша встреча, и она изменилась."
    ),
    **_of_guests("announce_delete", "when the evening was cancelled.", "когда встречу отменили."),
    "announce_delete.host": Text(
        "It is your evening, and it was cancelled.", "Это ваша встреча, и она отменена."
    ),
    "announce_done": Text(
        "You hosted this evening, and it had guests.",
        "Вы организовали эту встречу, и на ней были гости.",
    ),
    # Requests and invitations.
    "booking_new": Text(
        "You asked to come or were invited, or it is your evening.",
        "Вы подали заявку или приглашены, либо это ваша встреча.",
    ),
    "booking_new.requested.host": Text(
        "Somebody asked for a seat at your evening.", "На вашу встречу подали заявку."
    ),
    "booking_new.requested.guest": Text(
        "You asked for a seat at this evening.", "Вы подали заявку на эту встречу."
    ),
    "booking_new.queued.host": Text(
        "A guest to whom you had said yes is on the waiting list of your evening.",
        "Гость, которого вы уже ждёте, стоит в очереди на вашу встречу.",
    ),
    "booking_new.queued.guest": Text(
        "You said yes to this evening and are on its waiting list.",
        "Вы согласились прийти на эту встречу и стоите в очереди.",
    ),
    "booking_new.invited.host": Text(
        "You invited somebody to your evening.", "Вы пригласили гостя на свою встречу."
    ),
    "booking_new.invited.guest": Text(
        "The host has invited you to this evening.", "Организатор пригласил вас на эту встречу."
    ),
    # Answers, and changes of mind.
    "booking_status": Text(
        "You asked to come or were invited, or it is your evening.",
        "Вы подали заявку или приглашены, либо это ваша встреча.",
    ),
    "booking_status.approved.host": Text(
        "You approved a request to come to your evening.", "Вы подтвердили заявку на свою встречу."
    ),
    "booking_status.approved.guest": Text(
        "You had asked for a seat, and the host said yes.",
        "Вы просили место, и организатор согласился.",
    ),
    "booking_status.accepted.host": Text(
        "A guest to whom you had said yes is coming to your evening.",
        "Гость, которого вы ждали, придёт на вашу встречу.",
    ),
    "booking_status.accepted.guest": Text(
        "You said yes to this evening.", "Вы согласились прийти на эту встречу."
    ),
    "booking_status.rejected.host": Text(
        "You said no to a guest of your evening.", "Вы отказали гостю своей встречи."
    ),
    "booking_status.rejected.guest": Text(
        "You had asked for a seat or had one, and the host said no.",
        "Вы просили место, или оно у вас было, и организатор отказал.",
    ),
    "booking_status.revoked.host": Text(
        "You took back an invitation to your evening.", "Вы отозвали приглашение на свою встречу."
    ),
    "booking_status.revoked.guest": Text(
        "You were invited, and the host took that back.",
        "Вы были приглашены, и организатор отозвал приглашение.",
    ),
    "booking_status.seat_revoked.host": Text(
        "You took back a seat at your evening that was held for a guest.",
        "Вы отозвали место на своей встрече, придержанное для гостя.",
    ),
    "booking_status.seat_revoked.guest": Text(
        "A seat was held for you, and the host took it back.",
        "Для вас было придержано место, и организатор отозвал его.",
    ),
    "booking_status.declined.host": Text(
        "A guest to whom you had said yes is not coming to your evening.",
        "Гость, которого вы ждали, не придёт на вашу встречу.",
    ),
    "booking_status.declined.guest": Text(
        "You said no to this evening.", "Вы отказались прийти на эту встречу."
    ),
    "booking_status.withdrawn.host": Text(
        "A guest no longer asks for a seat at your evening.",
        "Гость больше не просит места на вашей встрече.",
    ),
    "booking_status.withdrawn.guest": Text(
        "You took back your request to come to this evening.",
        "Вы отозвали свою заявку на эту встречу.",
    ),
    "booking_status.left.host": Text(
        "A guest gave back a seat at your evening.", "Гость вернул место на вашей встрече."
    ),
    "booking_status.left.guest": Text(
        "You gave back your seat at this evening.", "Вы вернули своё место на этой встрече."
    ),
    "booking_status.released.host": Text(
        "A guest of your evening has lost the seat.", "Гость вашей встречи остался без места."
    ),
    "booking_status.released.guest": Text(
        "You had a seat, a request or an invitation, and it no longer stands.",
        "У вас было место, заявка или приглашение, и это больше не в силе.",
    ),
    "booking_status.offered.guest": Text(
        "You were on the waiting list, and it was your turn.",
        "Вы ждали места, и подошла ваша очередь.",
    ),
    "booking_status.hold_lapsed.host": Text(
        "A seat at your evening was held for a guest, and the time for it ran out.",
        "Место на вашей встрече было придержано для гостя, и срок вышел.",
    ),
    "booking_status.hold_lapsed.guest": Text(
        "A seat was held for you, and the time for it ran out.",
        "Для вас было придержано место, и срок вышел.",
    ),
    "booking_status.hold_shortened.guest": Text(
        "A seat is held for you, and the evening was moved to an earlier time.",
        "Для вас придержано место, а встречу перенесли на более раннее время.",
    ),
    "booking_status.resettled.guest": Text(
        "You had to choose between two evenings, and no longer have to.",
        "Вам нужно было выбрать из двух встреч, а теперь не нужно.",
    ),
    "booking_status.unsettled.guest": Text(
        "You had a seat, and the evening's new time overlaps another evening of yours.",
        "У вас было место, а новое время пересекается с другой вашей встречей.",
    ),
    "booking_status.seat_freed.host": Text(
        "A seat at your evening became free, and guests were waiting for one.",
        "На вашей встрече освободилось место, которого ждали гости.",
    ),
    "booking_unanswered": Text(
        "You asked to come and have had no answer.", "Вы подали заявку и не получили ответа."
    ),
    "booking_unanswered.closed": Text(
        "You had asked for a seat when the host closed the evening to requests.",
        "Вы просили место, когда организатор закрыл приём заявок.",
    ),
    "booking_unanswered.begun": Text(
        "You had asked for a seat and had no answer when the evening began.",
        "Вы просили место, и к началу встречи ответа не было.",
    ),
    **_of_guests(
        "host_message",
        "when the host wrote to the guests.",
        "когда организатор писал гостям.",
    ),
    # Times.
    "remind_day": Text(
        "You have a seat at this evening, and are reminded a day before it.",
        "У вас есть место на этой встрече: о ней напоминают за сутки.",
    ),
    "remind_day.host": Text(
        "It is your evening, and you are reminded a day before it.",
        "Это ваша встреча: о ней напоминают за сутки.",
    ),
    "remind_hour": Text(
        "You have a seat at this evening, and are reminded an hour before it.",
        "У вас есть место на этой встрече: о ней напоминают за час.",
    ),
    "remind_hour.host": Text(
        "It is your evening, and you are reminded an hour before it.",
        "Это ваша встреча: о ней напоминают за час.",
    ),
    # Afterwards.
    "score_request": Text(
        "You had a seat at this evening and had not rated its host.",
        "У вас было место на этой встрече, и вы не оценили организатора.",
    ),
    "score_request.host": Text(
        "You hosted this evening and had not rated all its guests.",
        "Вы организовали эту встречу и оценили не всех гостей.",
    ),
    "score_revealed": Text(
        "You and the host of this evening can see each other's ratings now.",
        "Оценки, которые вы и организатор этой встречи дали друг другу, открыты.",
    ),
    "score_revealed.host": Text(
        "You and a guest of your evening can see each other's ratings now.",
        "Оценки, которые вы и гость вашей встречи дали друг другу, открыты.",
    ),
    "chat_digest": Text(
        "You have a seat at this evening, and somebody wrote in its chat.",
        "У вас есть место на этой встрече, и в её чате написали.",
    ),
    "chat_digest.host": Text(
        "It is your evening, and somebody wrote in its chat.",
        "Это ваша встреча, и в её чате написали.",
    ),
    "plan_match": Text(
        "These films are in your plan, and times and places fit.",
        "Эти фильмы есть в вашем плане, и подходят время и место.",
    ),
    # The person's own.
    "operator_message": Text("An operator wrote to you.", "Вам написал администратор."),
    "erasure_requested": Text(
        "An operator asked for the erasure of your data.",
        "Администратор попросил удалить ваши данные.",
    ),
    "erasure_requested.receipt": Text(
        "Somebody who was logged in as you asked for the erasure of your data.",
        "Под вашим именем попросили удалить ваши данные.",
    ),
    "erasure_confirmed": Text(
        "An operator confirmed the erasure of your data.",
        "Администратор подтвердил удаление ваших данных.",
    ),
    "erasure_confirmed.receipt": Text(
        "Somebody who was logged in as you confirmed the erasure of your data.",
        "Под вашим именем подтвердили удаление ваших данных.",
    ),
    "erasure_withdrawn": Text(
        "An operator took back the erasure of your data.",
        "Администратор отозвал удаление ваших данных.",
    ),
    "erasure_withdrawn.receipt": Text(
        "Somebody who was logged in as you took back the erasure of your data.",
        "Под вашим именем отозвали удаление ваших данных.",
    ),
    "text_hidden": Text("You wrote the text.", "Этот текст написали вы."),
    "report_answered": Text("You made the report.", "Эту жалобу отправили вы."),
}
"""By kind; by what happened, `receipt` or `invited`, or the state of the guest's booking; and by
the side of the recipient. The last two may be absent."""

ALWAYS: Final = Text("Such notices cannot be switched off.", "Такие уведомления нельзя отключить.")
CAN_BE_OFF: Final = Text(
    "You can switch such notices off in your notice settings.",
    "Такие уведомления можно отключить в настройках уведомлений.",
)
RECEIPT: Final = Text(
    "It confirms what you did. You can switch such confirmations off in your notice settings.",
    "Это подтверждение вашего действия. Такие подтверждения можно отключить в настройках"
    " уведомлений.",
)
HOST_CAN_BE_MUTED: Final = Text(
    "You can switch such notices off in your notice settings, or mute this host.",
    "Такие уведомления можно отключить в настройках уведомлений или только от этого организатора.",
)


def explain_notice(cause: NoticeCause, language: Language, *, always: bool) -> str:
    """Return why the person gets the notice. `always` is whether nobody can switch its kind off.
    Raises KeyError for a kind that there is not."""
    reason = REASONS[next((key for key in _list_keys(cause) if key in REASONS), cause.kind)]
    setting = _find_setting(cause, always=always)
    return f"{reason.in_language(language)} {setting.in_language(language)}"


def _list_keys(cause: NoticeCause) -> Iterator[str]:
    """Yield keys of REASONS, the most specific first."""
    side = "host" if cause.as_host else "guest"
    details = [cause.what, cause.state]
    details += [name for name in ("invited", "receipt") if getattr(cause, name)]
    for detail in filter(None, details):
        yield f"{cause.kind}.{detail}.{side}"
        yield f"{cause.kind}.{detail}"
    yield f"{cause.kind}.{side}"
    yield cause.kind


def _find_setting(cause: NoticeCause, *, always: bool) -> Text:
    if always:
        return ALWAYS
    if cause.receipt:
        return RECEIPT
    invites = cause.kind == "booking_new" and cause.what == "invited"
    if cause.kind == "announce_new" or (invites and not cause.as_host):
        return HOST_CAN_BE_MUTED
    return CAN_BE_OFF
