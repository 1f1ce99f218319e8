"""What the notifier's routes answer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.languages import Language
from notifier.effects import Kind
from notifier.store.ledger import Line
from notifier.texts.render import why


class SourceResponse(Struct, frozen=True):
    """The event in the journal that a notice tells of."""

    position: int
    event_index: int
    event_type: str


class NoticeResponse(Struct, frozen=True, kw_only=True):
    """One line of the ledger."""

    id: int
    key: str
    """Notification knows the message by it."""
    kind: Kind
    announcement_id: AnnouncementId
    booking_id: BookingId | None
    why: str
    """Why did I get this?"""
    sources: Sequence[SourceResponse]
    """Several where quick edits were merged into one message."""
    happened_at: datetime
    due_at: datetime
    event_time: datetime | None
    """Reminders: when the evening was to begin as this was planned."""
    state: str
    """`waiting`, `sent`; `dropped`: no longer true; `skipped`: not wanted or too late;
    `cancelled`: by an operator; `parked`: it could not be delivered; `unconfirmed`: given up
    when a sending had begun of which nobody learnt whether it arrived."""
    reason: str | None
    """Why it was not sent, or why the last attempt failed."""
    sent_at: datetime | None
    attempts: int
    receipt: bool
    """It tells you of what you did yourself."""


class OperatorNoticeResponse(NoticeResponse, frozen=True, kw_only=True):
    recipient: PersonId


class FanOutResponse(Struct, frozen=True, kw_only=True):
    """Followers of an author who are to be told of an event, once UGC has named them."""

    position: int
    event_index: int
    event_type: str
    author_id: PersonId
    announcement_id: AnnouncementId
    happened_at: datetime
    expires_at: datetime
    state: str
    """`waiting`, `done`; `dropped`: no longer true; `parked`: UGC did not answer in time, or
    not usably."""
    reason: str | None
    attempts: int
    try_at: datetime


def notice_response(line: Line, language: Language) -> NoticeResponse:
    return NoticeResponse(**_fields(line, language))


def operator_notice_response(line: Line, language: Language) -> OperatorNoticeResponse:
    return OperatorNoticeResponse(**_fields(line, language), recipient=line["recipient"])


def _fields(line: Line, language: Language) -> dict[str, Any]:
    fields = {name: line[name] for name in NoticeResponse.__struct_fields__ if name in line}
    sources = [SourceResponse(**one) for one in line["sources"] or ()]
    return fields | {"sources": sources, "why": why(line["kind"], language)}
