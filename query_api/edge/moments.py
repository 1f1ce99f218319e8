"""`?as_of=`: a position or an instant in the past, and which position that comes to."""

from datetime import datetime
from typing import Final, NamedTuple

from starlette.datastructures import QueryParams

from query_api.edge.parameters import parse_instant
from query_api.edge.reads import Snapshot
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import Parameter, malformed_parameter

Moment = int | datetime
"""A position, or an aware instant in UTC."""

AS_OF: Final = Parameter(
    "as_of",
    "as it stood at this position, or at this instant (with its offset from UTC)",
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}]},
)

# Records that are no Commits have nothing to tell, and the history stores their positions
# only now and then: what to wait for is the last Commit.
SELECT_LAST_COMMIT: Final = """
    SELECT coalesce(max(seq), 0) FROM read_model.decisions WHERE seq <= $1
"""

# Time goes back if a clock that was ahead has been set right. The position asked for is
# followed by a later time; one that was dated ahead is mostly followed by an earlier one, and
# answers only for an instant between two such dates.
SELECT_POSITION_AT: Final = """
    SELECT seq FROM read_model.decisions AS decision
    WHERE decided_at <= $1 AND NOT coalesce((
        SELECT following.decided_at <= $1 FROM read_model.decisions AS following
        WHERE following.seq > decision.seq ORDER BY following.seq LIMIT 1
    ), false)
    ORDER BY decided_at DESC, seq DESC LIMIT 1
"""


class Horizon(NamedTuple):
    """How far an answer looks: to `position`, and it has to know all up to `last_commit`."""

    position: int
    last_commit: int


def moment_of(parameters: QueryParams, now: datetime) -> Moment | None:
    """None where the present is asked for. Raises Malformed, for the future as well."""
    text = parameters.get("as_of")
    if text is None:
        return None
    if (position := parse_whole_number(text)) is not None:
        return position
    instant = parse_instant(text, "as_of")
    if instant > now:
        raise malformed_parameter("as_of", latest=now)
    return instant


def at_least(moment: Moment | None) -> int:
    """The position that the tables must have come to before the moment can be looked at."""
    return moment if isinstance(moment, int) else 0


async def horizon_of(snapshot: Snapshot, moment: Moment | None) -> Horizon:
    """What the moment comes to; for the present, and never more than, the snapshot's own
    position: of what came later it is not known who may see it. For an instant it is the
    last position with a command at or before it, 0 where there is none."""
    match moment:
        case None:
            position = snapshot.position
        case int():
            position = moment
        case _:
            position = await snapshot.connection.fetchval(SELECT_POSITION_AT, moment) or 0
    return Horizon(position, await last_commit(snapshot, position))


async def last_commit(snapshot: Snapshot, position: int) -> int:
    """The last one at or before the position, 0 where there is none."""
    found: int = await snapshot.connection.fetchval(SELECT_LAST_COMMIT, position)
    return found
