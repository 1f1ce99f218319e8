"""Applies the events of invite jobs to the layer, and lists the jobs that are running."""

from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from command_api.domain.invite_job.state import InviteJob
from command_api.domain.layer import Layer
from command_api.domain.person.engagements import without
from contracts.events.invite_job import AnyInviteJobEvent, InviteJobAdvanced, InviteJobBegun
from contracts.values.ids import InviteJobId, PersonId

RUNNING: Final = "running"
"""Key of the shelf with the ids of all jobs that are not over."""


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
