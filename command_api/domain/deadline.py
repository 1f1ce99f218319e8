"""States when the system itself has to act on an aggregate. Each noun does so for its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

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


class DeadlineRule(NamedTuple):
    """States when the system has to act on the aggregates of one collection, and how."""

    collection: str
    """Name of the collection (`Layer`). Each of its aggregates has an `id`."""
    find_due: Callable[[Any], datetime | None]
    """Returns when the system has to act on an aggregate; None if it has nothing to do."""
    make_command: Callable[[Any], AnyCommand]
    """Returns the command that the leader then gives itself."""
    concerns: Callable[[Any], bool] | None = None
    """Tells whether an aggregate has, or may have had, a deadline; None if all of them may."""
    in_steps: bool = False
    """As in `Deadline`."""
