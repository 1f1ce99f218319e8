"""Makes the JSON that the notifier's routes answer with."""

from datetime import datetime

from msgspec import Struct

from contracts.notices import NoticeResponse, notice_fields
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language
from notifier.store.notices import StoredNotice


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


def operator_notice_response(notice: StoredNotice, language: Language) -> OperatorNoticeResponse:
    return OperatorNoticeResponse(**notice_fields(notice, language), recipient=notice["recipient"])
