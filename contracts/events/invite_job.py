"""Events of invite jobs: an author invites all their followers, in parts.

Every field is storage format (`contracts.events.stored.base`). The numbers are absolute.
"""

from typing import Literal

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, InviteJobId, PersonId

InviteJobState = Literal["running", "done", "limit_reached", "evening_over", "host_barred"]
"""`limit_reached`: the author may invite no more today. `host_barred`: the author is suspended or
erased."""


class InviteJobEvent(Event, frozen=True, kw_only=True):
    """The family of an invite job's events."""

    job_id: InviteJobId
    announcement_id: AnnouncementId


class InviteJobBegun(InviteJobEvent, frozen=True, kw_only=True, tag="invite_job.begun.v1"):
    """The author wants all their followers invited."""


class InviteJobAdvanced(InviteJobEvent, frozen=True, kw_only=True, tag="invite_job.advanced.v1"):
    """One part of the followers was dealt with. Their bookings' events stand in the same
    Commit."""

    state: InviteJobState
    parts: int
    """Number of parts so far, this one included."""
    after: PersonId | None = None
    """The last follower dealt with, in the order of ids."""
    invited: int
    already_invited: int
    refused: int
    """Followers whom a rule of their own, or the author's no, keeps from being invited."""
    left_over: int
    """Followers who were not invited because of the limit of a day."""


AnyInviteJobEvent = InviteJobBegun | InviteJobAdvanced
