"""Decides the commands about invite jobs: begin one, and carry out its next part.

Who follows the author is known to UGC alone. So a worker looks the followers up and gives the
parts, one command each (`command_api.inviting`). A part that was carried out already adds
nothing, so neither a restart nor a new leader invites anybody twice.
"""

from collections import Counter
from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_own
from command_api.domain.booking.commands import Invitee
from command_api.domain.booking.decisions import refuse_if_over, try_to_invite
from command_api.domain.invite_job.commands import AdvanceInviteJob, InviteAllFollowers
from command_api.domain.invite_job.evolution import list_running_jobs
from command_api.domain.invite_job.state import InviteJob
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.error_codes import is_refusal
from contracts.events.invite_job import (
    InviteJobAdvanced,
    InviteJobBegun,
    InviteJobState,
)
from contracts.journal.records import Outcome


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


def _find_end(recorder: Recorder, job: InviteJob) -> InviteJobState:
    """Return `running`, or why nothing more can be done for the author."""
    if not recorder.person(job.author_id).is_there(recorder.now):
        return "host_barred"
    over = recorder.announcement(job.announcement_id).is_over(recorder.now)
    return "evening_over" if over else "running"


INVITE_JOB_HANDLERS: Final[Handlers] = (
    pair_handler(InviteAllFollowers, invite_all_followers),
    pair_handler(AdvanceInviteJob, advance_invite_job),
)
