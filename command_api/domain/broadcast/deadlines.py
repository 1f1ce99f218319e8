"""Tells when a planned broadcast has to go."""

from collections.abc import Iterator

from command_api.domain.broadcast.commands import BroadcastDue
from command_api.domain.deadline import Deadline, NoDeadline, deadline_of
from command_api.domain.layer import Layer


def list_broadcast_deadlines(changed: Layer) -> Iterator[Deadline | NoDeadline]:
    """Yield the deadline of each broadcast in `changed`: none once it was sent or cancelled."""
    for one in changed.broadcasts.own.values():
        due_at = one.due_at if one.planned else None
        yield deadline_of(one.id, due_at, BroadcastDue(broadcast_id=one.id))
