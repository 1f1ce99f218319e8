"""Defines the kinds of notices, and how a person sees a notice.

The notifier plans and sends them, and the query API streams them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import Struct

from contracts.events.names import name_event
from contracts.notice_reasons import NoticeCause, explain_notice
from contracts.values.ids import AnnouncementId, BookingId
from contracts.values.languages import Language

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

ALWAYS_SENT: Final[frozenset[Kind]] = frozenset(
    {
        "erasure_requested",
        "erasure_confirmed",
        "erasure_withdrawn",
        "text_hidden",
        "report_answered",
    }
)
"""Nobody can switch these kinds off: they concern what the recipient alone has to know."""


class SourceResponse(Struct, frozen=True):
    """Journal position of the event that caused a notice."""

    position: int
    event_index: int
    event_type: str
    name: str
    """Names what happened, in the language of the request."""


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
    """The recipient's relation to the evening that caused it, and whether they can switch such
    notices off."""
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
    sources = [
        SourceResponse(**one, name=name_event(one["event_type"], None, language))
        for one in notice["sources"] or ()
    ]
    kind = notice["kind"]
    cause = NoticeCause(kind, receipt=notice["receipt"], **notice["cause"])
    why = explain_notice(cause, language, always=kind in ALWAYS_SENT)
    return fields | {"sources": sources, "why": why}
