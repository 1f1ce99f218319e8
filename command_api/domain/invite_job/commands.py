"""The commands about invite jobs."""

from msgspec import Struct

from command_api.domain.booking.commands import Invitee
from contracts.values.ids import AnnouncementId, InviteJobId, PersonId


class InviteAllFollowers(Struct, frozen=True, kw_only=True, tag="invite_job.begin"):
    announcement_id: AnnouncementId
    job_id: InviteJobId


class AdvanceInviteJob(Struct, frozen=True, kw_only=True, tag="invite_job.advance"):
    """The next part of a job. The system gives it, with what it has looked up."""

    job_id: InviteJobId
    part: int
    """Number of parts before this one."""
    guests: tuple[Invitee, ...]
    after: PersonId | None
    """The last of the guests, if there are any."""
    left_over: int
    """Followers who are not even tried: the limit of the day is reached."""
    is_last: bool


AnyInviteJobCommand = InviteAllFollowers | AdvanceInviteJob
