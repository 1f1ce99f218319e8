"""When the system itself has to act on an aggregate. Each noun lists its own deadlines."""

from datetime import datetime
from typing import NamedTuple

from command_api.domain.submission import AnyCommand


class Deadline(NamedTuple):
    due_at: datetime
    id: str
    """The id of the aggregate, which has one deadline at a time."""
    command: AnyCommand
    """The command that the leader then gives itself."""
    part: int | None = None
    """Which part of a long work this is, if it has parts that are due at the same time. It gives
    way to what is done at once."""


class NoDeadline(NamedTuple):
    """The system has nothing left to do for this aggregate."""

    id: str


def deadline_of(
    id: str, due_at: datetime | None, command: AnyCommand, part: int | None = None
) -> Deadline | NoDeadline:
    """Return the deadline of the aggregate `id`; `due_at` is None if it has none."""
    return NoDeadline(id) if due_at is None else Deadline(due_at, id, command, part)
