"""Makes the JSON that the notifier's routes answer with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from contracts.notices import NoticeResponse, notice_fields
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language
from notifier.store.notices import StoredNotice
from notifier.texts.render import NoticeText


class OperatorNoticeResponse(NoticeResponse, frozen=True, kw_only=True):
    recipient: PersonId
    needs_approval: bool
    """Whether it goes only once an operator has approved it."""
    title: str | None
    text: str | None
    """The text that its recipient would read now, in their language. Title and text are None if it
    cannot be written, as for an erased person."""


class ModerationRecord(Struct, frozen=True, kw_only=True):
    """An act of an operator on a notice, a fan-out, a publication or a parked event."""

    id: int
    at: datetime
    by: str | None
    """How the operator signed."""
    act: str
    """`created`, `rescheduled`, `cancelled`, `approved`, `dead_letters_retried`,
    `dead_letter_dropped`."""
    notice_id: int | None
    position: int | None
    """With `event_index`, names the parked event, or the one that the fan-out tells of."""
    event_index: int | None
    announcement_id: AnnouncementId | None
    """With `target`, names the publication."""
    target: str | None
    before: dict[str, Any] | None
    """The values before the act; None for a notice that was created."""
    after: dict[str, Any]


class BulkResult(Struct, frozen=True):
    id: int
    done: bool
    """False if it was too late, or if there is no such notice."""
    state: str | None


class BulkResponse(Struct, frozen=True):
    """What one act came to for many notices."""

    action: str
    done: int
    results: Sequence[BulkResult]


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


class PublicationResponse(Struct, frozen=True, kw_only=True):
    """The post of an announcement at one target."""

    announcement_id: AnnouncementId
    target: str
    author_id: PersonId
    wanted: bool
    """Whether it is to stand."""
    position: int
    """Position of the newest change of what it says."""
    changed_at: datetime
    stands: bool
    """Whether the target shows it, as far as is known."""
    state: str
    """`waiting`, `sending`, `done`; `unsettled`: nobody knows whether the target has it;
    `parked`: given up."""
    reason: str | None
    attempts: int
    try_at: datetime


def notice_response(notice: StoredNotice, language: Language) -> NoticeResponse:
    return NoticeResponse(**notice_fields(notice, language))


def operator_notice_response(
    notice: StoredNotice, language: Language, told: NoticeText | None
) -> OperatorNoticeResponse:
    """Return the notice; `told` is what its recipient would read, if it can be written."""
    return OperatorNoticeResponse(
        **notice_fields(notice, language),
        recipient=notice["recipient"],
        needs_approval=notice["needs_approval"],
        title=None if told is None else told.title,
        text=None if told is None else told.text,
    )
