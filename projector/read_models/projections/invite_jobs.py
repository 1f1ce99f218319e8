"""Read model `invite_jobs`: how far the inviting of all followers is."""

from typing import Any, Final

from contracts.events.invite_job import AnyInviteJobEvent, InviteJobBegun, InviteJobEvent
from projector.read_models.read_model import (
    NOTHING_MORE,
    EventContext,
    Projection,
    Put,
    ReadModel,
    TableShape,
    announcement_of,
)

NUMBERS: Final = ("invited", "already_invited", "refused", "left_over")
INVITE_JOBS: Final = TableShape(
    "invite_jobs",
    "job_id",
    {
        "job_id": "uuid",
        "announcement_id": "uuid",
        "state": "text",
        **dict.fromkeys(NUMBERS, "integer"),
        "created": "timestamptz",
        "modified": "timestamptz",
    },
    kept={"state": "nobody"},
)


def project_invite_job(event: AnyInviteJobEvent, context: EventContext) -> Put:
    columns: dict[str, Any] = {"modified": context.decided_at}
    if isinstance(event, InviteJobBegun):
        columns |= {"announcement_id": event.announcement_id, "state": "running"}
        columns |= dict.fromkeys(NUMBERS, 0) | {"created": context.decided_at}
        return Put(INVITE_JOBS, event.job_id, columns, NOTHING_MORE)
    columns |= {name: getattr(event, name) for name in ("state", *NUMBERS)}
    return Put(INVITE_JOBS, event.job_id, columns)


READ_MODEL: Final = ReadModel(
    INVITE_JOBS, (Projection(InviteJobEvent, project_invite_job, announcement_of),)
)
