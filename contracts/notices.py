"""Defines the kinds of notices, and how a person sees a notice.

The notifier plans and sends them, and the query API streams them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId
from contracts.values.languages import Language, Text

Kind = Literal[
    "announce_new",
    "announce_put",
    "announce_delete",
    "announce_done",
    "booking_new",
    "booking_status",
    "booking_unanswered",
    "host_message",
    "remind_day",
    "remind_hour",
    "score_request",
    "score_revealed",
    "chat_digest",
    "plan_match",
    "operator_message",
    "erasure_requested",
    "erasure_confirmed",
    "erasure_withdrawn",
    "text_hidden",
    "report_answered",
]

WHY: Final[Mapping[Kind, Text]] = {
    "announce_new": Text(
        "You follow the host, or were invited.", "Вы подписаны на организатора или приглашены."
    ),
    "announce_put": Text(
        "You host this evening, take part, asked to, or were invited.",
        "Вы организуете встречу, участвуете, подали заявку или приглашены.",
    ),
    "announce_delete": Text(
        "You host this evening, take part, asked to, or were invited.",
        "Вы организуете встречу, участвуете, подали заявку или приглашены.",
    ),
    "announce_done": Text("You hosted this evening.", "Вы организовали эту встречу."),
    "booking_new": Text(
        "You asked to come or were invited, or it is your evening.",
        "Вы подали заявку или приглашены, либо это ваша встреча.",
    ),
    "booking_status": Text(
        "You asked to come or were invited, or it is your evening.",
        "Вы подали заявку или приглашены, либо это ваша встреча.",
    ),
    "booking_unanswered": Text(
        "You asked to come and have had no answer.", "Вы подали заявку и не получили ответа."
    ),
    "host_message": Text(
        "The host has written to the guests of this evening.",
        "Организатор написал гостям этой встречи.",
    ),
    "remind_day": Text(
        "You host this evening or have a seat.", "Вы организуете встречу или идёте на неё."
    ),
    "remind_hour": Text(
        "You host this evening or have a seat.", "Вы организуете встречу или идёте на неё."
    ),
    "score_request": Text("You were there and may rate.", "Вы были на встрече и можете оценить."),
    "score_revealed": Text("You rated, or were rated.", "Вы поставили оценку или получили её."),
    "chat_digest": Text(
        "You take part in the chat of this evening.", "Вы участвуете в чате этой встречи."
    ),
    "plan_match": Text("These films are in your plan.", "Эти фильмы есть в вашем плане."),
    "operator_message": Text("The operators wrote to you.", "Вам написали администраторы."),
    "erasure_requested": Text("It is about your own data.", "Речь о ваших данных."),
    "erasure_confirmed": Text("It is about your own data.", "Речь о ваших данных."),
    "erasure_withdrawn": Text("It is about your own data.", "Речь о ваших данных."),
    "text_hidden": Text("You wrote it.", "Вы это написали."),
    "report_answered": Text("You reported it.", "Вы об этом сообщили."),
}
"""The reason why a person gets notices of this kind."""


class SourceResponse(Struct, frozen=True):
    """Journal position of the event that caused a notice."""

    position: int
    event_index: int
    event_type: str


class NoticeResponse(Struct, frozen=True, kw_only=True):
    """One notice to one person."""

    id: int
    key: str
    """Notification knows the notice by it."""
    kind: Kind
    announcement_id: AnnouncementId | None
    """None if the notice is about the recipient's own data."""
    booking_id: BookingId | None
    why: str
    """The reason why the recipient got it."""
    sources: Sequence[SourceResponse]
    """Several if quick changes were merged into one notice."""
    happened_at: datetime
    due_at: datetime
    event_time: datetime | None
    """For reminders: the start of the announcement when this was planned."""
    state: str
    """`waiting`, `sent`; `dropped`: no longer true; `skipped`: not wanted or too late;
    `cancelled`: by an operator; `parked`: it could not be delivered; `unconfirmed`: given up
    after an attempt that may have arrived."""
    reason: str | None
    """The reason why it was not sent, or why the last attempt failed."""
    sent_at: datetime | None
    attempts: int
    receipt: bool
    """It confirms what the recipient did themselves."""


def notice_fields(notice: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the fields of a NoticeResponse, made of a stored notice by column name."""
    fields = {name: notice[name] for name in NoticeResponse.__struct_fields__ if name in notice}
    sources = [SourceResponse(**one) for one in notice["sources"] or ()]
    return fields | {"sources": sources, "why": explain_kind(notice["kind"], language)}


def explain_kind(kind: Kind, language: Language) -> str:
    """Return why a person gets notices of this kind."""
    return WHY[kind].in_language(language)
