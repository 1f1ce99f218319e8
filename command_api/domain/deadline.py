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
    in_steps: bool = False
    """Whether one command may not be enough. Then the leader gives it again, once it is recorded,
    for as long as the deadline stands; all others go first."""


class NoDeadline(NamedTuple):
    """The system has nothing left to do for this aggregate."""

    id: str


def deadline_of(
    id: str, due_at: datetime | None, command: AnyCommand, *, in_steps: bool = False
) -> Deadline | NoDeadline:
    """Return the deadline of the aggregate `id`; `due_at` is None if it has none."""
    return NoDeadline(id) if due_at is None else Deadline(due_at, id, command, in_steps)
