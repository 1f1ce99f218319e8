"""Decides the commands about invite jobs: begin one, and carry out its next part.

Who follows the author is known to UGC alone. So a worker looks the followers up and gives the
parts, one command each (`command_api.inviting`). A part that was carried out already adds
nothing, so neither a restart nor a new leader invites anybody twice.
"""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_own
from command_api.domain.booking.commands import Invitee
from command_api.domain.booking.decisions import refuse_if_over, try_to_invite
from command_api.domain.invite_job.commands import AdvanceInviteJob, InviteAllFollowers
from command_api.domain.invite_job.state import InviteJob
from command_api.domain.layer import Layer
from command_api.domain.person.engagements import without
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from command_api.domain.representation import AnswerBasis, Answers
from contracts.error_codes import is_refusal
from contracts.events.invite_job import (
    AnyInviteJobEvent,
    InviteJobAdvanced,
    InviteJobBegun,
    InviteJobState,
)
from contracts.journal.records import Outcome
from contracts.representations import InviteJobResponse
from contracts.values.ids import InviteJobId, PersonId

RUNNING: Final = "running"
"""Key of the shelf with the ids of all jobs that are not over."""


def invite_all_followers(recorder: Recorder, command: InviteAllFollowers) -> Outcome:
    """Begin a job for the author. Adds nothing if one for this announcement is running."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    refuse_if_over(announcement, recorder.now)
    jobs = list_running_jobs(recorder.layer)
    running = [one for one in jobs if one.announcement_id == announcement.id]
    job_id = running[0].id if running else command.job_id
    if not running:
        recorder.record(InviteJobBegun(job_id=job_id, announcement_id=announcement.id))
    return Outcome(
        "followers_being_invited", announcement_id=announcement.id, facts={"job_id": job_id}
    )


def advance_invite_job(recorder: Recorder, command: AdvanceInviteJob) -> Outcome:
    """Invite the next part of the followers. Adds nothing unless it is the next part."""
    job = recorder.layer.invite_jobs.get(command.job_id)
    if job is None or job.state != "running" or job.parts != command.part:
        return Outcome("unchanged", facts={"job_id": command.job_id})
    announcement = recorder.announcement(job.announcement_id)
    state = _find_end(recorder, job)
    codes: Counter[str] = Counter()
    left_over = 0
    if state == "running":
        codes.update(_invite_follower(recorder, announcement, one) for one in command.guests)
        left_over = command.left_over + codes["too_many_invitations"]
        if command.is_last:
            state = "limit_reached" if job.left_over + left_over else "done"
    refused = sum(count for code, count in codes.items() if is_refusal(code))
    counted_elsewhere = codes["too_many_invitations"] + codes["already_invited"]
    recorder.record(
        InviteJobAdvanced(
            job_id=job.id,
            announcement_id=announcement.id,
            state=state,
            parts=job.parts + 1,
            after=command.after if command.after is not None else job.after,
            invited=job.invited + codes.total() - refused,
            already_invited=job.already_invited + codes["already_invited"],
            refused=job.refused + refused - counted_elsewhere,
            left_over=job.left_over + left_over,
        )
    )
    return Outcome("invite_job_advanced", announcement_id=announcement.id, facts={"job_id": job.id})


def _invite_follower(recorder: Recorder, announcement: Announcement, guest: Invitee) -> str:
    """Invite the guest unless one side has said no to the other. Returns the booking's state, or
    the refusal's code. Only an invitation by id may undo a no: here the author means nobody in
    particular."""
    booking = recorder.layer.booking_of(announcement.id, guest.guest_id)
    if booking is not None and booking.author_status is False:
        return "author_said_no"
    if booking is not None and booking.guest_status is False:
        return "guest_said_no"
    return try_to_invite(recorder, announcement, guest, None)["code"]


def apply_invite_job_event(
    layer: Layer, event: AnyInviteJobEvent, at: datetime, _actor: PersonId
) -> None:
    """Raises LookupError if the event names a job or an announcement that was never made."""
    running = list_running(layer)
    if isinstance(event, InviteJobBegun):
        announcement = layer.announcements.find(event.announcement_id)
        job = InviteJob(
            id=event.job_id,
            announcement_id=announcement.id,
            author_id=announcement.author_id,
            created_at=at,
            modified_at=at,
        )
        layer.invite_jobs.put(job.id, job)
        layer.running_jobs.put(RUNNING, (*running, job.id))
        return
    before = layer.invite_jobs.find(event.job_id)
    layer.invite_jobs.put(before.id, replace(before, modified_at=at, **_numbers_of(event)))
    if event.state != "running":
        layer.running_jobs.put(RUNNING, without(running, before.id))


def list_running(layer: Layer) -> tuple[InviteJobId, ...]:
    """Return the ids of the jobs that are not over, oldest first."""
    return layer.running_jobs.get(RUNNING) or ()


def list_running_jobs(layer: Layer) -> list[InviteJob]:
    """Return the jobs that are not over, oldest first."""
    return list(map(layer.invite_jobs.find, list_running(layer)))


def _numbers_of(event: InviteJobAdvanced) -> dict[str, Any]:
    names = ("state", "parts", "after", "invited", "already_invited", "refused", "left_over")
    return {name: getattr(event, name) for name in names}


def _find_end(recorder: Recorder, job: InviteJob) -> InviteJobState:
    """Return `running`, or why nothing more can be done for the author."""
    if not recorder.person(job.author_id).is_there(recorder.now):
        return "host_barred"
    over = recorder.announcement(job.announcement_id).is_over(recorder.now)
    return "evening_over" if over else "running"


def _answer_with_job(basis: AnswerBasis) -> InviteJobResponse:
    job = basis.layer.invite_jobs.find(InviteJobId(basis.outcome.facts["job_id"]))
    return InviteJobResponse(
        job_id=job.id,
        announcement_id=job.announcement_id,
        state=job.state,
        invited=job.invited,
        already_invited=job.already_invited,
        refused=job.refused,
        left_over=job.left_over,
        created=job.created_at,
        modified=job.modified_at,
    )


INVITE_JOB_HANDLERS: Final[Handlers] = (
    pair_handler(InviteAllFollowers, invite_all_followers),
    pair_handler(AdvanceInviteJob, advance_invite_job),
)
INVITE_JOB_ANSWERS: Final[Answers] = {
    InviteAllFollowers: _answer_with_job,
    AdvanceInviteJob: _answer_with_job,
}
