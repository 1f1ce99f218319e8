"""Parses a moment in the past (`?as_of=`) and finds the position that belongs to it."""

from datetime import datetime
from typing import Final, NamedTuple

from starlette.datastructures import QueryParams

from query_api.edge.parameters import parse_instant
from query_api.edge.reads import TableSnapshot
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import Parameter, malformed_parameter

Moment = int | datetime
"""A position, or an aware instant in UTC."""

AS_OF: Final = Parameter(
    "as_of",
    "as it stood at this position, or at this instant (with its offset from UTC)",
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}]},
)

# Records other than Commits change nothing, and the history stores their positions only now and
# then. So an answer waits for the last Commit.
SELECT_LAST_COMMIT: Final = """
    SELECT coalesce(max(seq), 0) FROM decisions WHERE seq <= $1
"""

# Selects the last decision at or before $1: its own date is not later than $1, and the date of
# the next one is. Dates go back if a clock that was ahead has been set right. Then several
# decisions may qualify, and the one with the latest date counts.
SELECT_POSITION_AT: Final = """
    SELECT seq FROM decisions AS decision
    WHERE decided_at <= $1 AND NOT coalesce((
        SELECT following.decided_at <= $1 FROM decisions AS following
        WHERE following.seq > decision.seq ORDER BY following.seq LIMIT 1
    ), false)
    ORDER BY decided_at DESC, seq DESC LIMIT 1
"""


class Horizon(NamedTuple):
    """The position that an answer reflects, and what it takes to give the answer."""

    position: int
    last_commit: int
    """Position of the last Commit up to there. The history must have come at least so far."""


def parse_moment(parameters: QueryParams, now: datetime) -> Moment | None:
    """Return the moment asked for, None for the present. Raises Malformed, also for an instant
    in the future. A position may lie in the future: the tables are then waited for."""
    text = parameters.get(AS_OF.name)
    if text is None:
        return None
    if (position := parse_whole_number(text)) is not None:
        return position
    instant = parse_instant(text, AS_OF.name)
    if instant > now:
        raise malformed_parameter(AS_OF.name, latest=now)
    return instant


def least_position(moment: Moment | None) -> int:
    """Return the position that the tables must have reached before the moment is looked up."""
    return moment if isinstance(moment, int) else 0


async def find_horizon(snapshot: TableSnapshot, moment: Moment | None) -> Horizon:
    """Return the position of a moment; for an instant, that of the last command up to it.

    For the present it is the position of the snapshot. The snapshot must be at
    `least_position` or later: nobody knows yet who may see what comes after the snapshot.
    """
    match moment:
        case None:
            position = snapshot.position
        case int():
            position = moment
        case _:
            position = await snapshot.connection.fetchval(SELECT_POSITION_AT, moment) or 0
    return Horizon(position, await find_last_commit(snapshot, position))


async def find_last_commit(snapshot: TableSnapshot, position: int) -> int:
    """Return the position of the last Commit at or before `position`, 0 if there is none."""
    found: int = await snapshot.connection.fetchval(SELECT_LAST_COMMIT, position)
    return found
