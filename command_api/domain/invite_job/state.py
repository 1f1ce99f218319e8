"""The state of an invite job."""

from datetime import datetime

from msgspec import Struct

from contracts.events.invite_job import InviteJobState
from contracts.values.ids import AnnouncementId, InviteJobId, PersonId


class InviteJob(Struct, frozen=True, kw_only=True, gc=False):
    """An author's wish to invite all their followers, and how far it is."""

    id: InviteJobId
    announcement_id: AnnouncementId
    author_id: PersonId
    created_at: datetime
    modified_at: datetime
    state: InviteJobState = "running"
    parts: int = 0
    after: PersonId | None = None
    invited: int = 0
    already_invited: int = 0
    refused: int = 0
    left_over: int = 0
