"""Makes the JSON that the notifier's routes answer with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.languages import Language
from notifier.kinds import Kind
from notifier.store.notices import StoredNotice
from notifier.texts.render import explain_kind


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
    """Why the recipient got it."""
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
    """Why it was not sent, or why the last attempt failed."""
    sent_at: datetime | None
    attempts: int
    receipt: bool
    """It confirms what the recipient did themselves."""


class OperatorNoticeResponse(NoticeResponse, frozen=True, kw_only=True):
    recipient: PersonId


class FanOutResponse(Struct, frozen=True, kw_only=True):
    """A notice to the followers of an author, to be sent when UGC has named them."""

    position: int
    event_index: int
    event_type: str
    author_id: PersonId
    announcement_id: AnnouncementId
    happened_at: datetime
    expires_at: datetime
    state: str
    """`waiting`, `done`; `dropped`: no longer true; `parked`: UGC did not answer in time, or
    its answer was of no use."""
    reason: str | None
    attempts: int
    try_at: datetime


def notice_response(notice: StoredNotice, language: Language) -> NoticeResponse:
    return NoticeResponse(**_collect_fields(notice, language))


def operator_notice_response(notice: StoredNotice, language: Language) -> OperatorNoticeResponse:
    return OperatorNoticeResponse(
        **_collect_fields(notice, language), recipient=notice["recipient"]
    )


def _collect_fields(notice: StoredNotice, language: Language) -> dict[str, Any]:
    fields = {name: notice[name] for name in NoticeResponse.__struct_fields__ if name in notice}
    sources = [SourceResponse(**one) for one in notice["sources"] or ()]
    return fields | {"sources": sources, "why": explain_kind(notice["kind"], language)}
