"""`?as_of=`: a position or an instant in the past, and which position that comes to."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from starlette.datastructures import QueryParams

from query_api.documented import Parameter
from query_api.filters import given, malformed, parse_instant
from query_api.history_reading import HistoryReads
from query_api.reading import Snapshot, is_position

Moment = int | datetime
"""A position, or an aware instant in UTC."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)

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

SELECT_POSITION_AT: Final = """
    SELECT max(seq) AS position FROM events WHERE at_ms <= %(at_ms)s AND seq <= %(end)s
"""


class Horizon(NamedTuple):
    """How far an answer may look: to `end`, and it has to know all up to `last_commit`."""

    end: int
    last_commit: int


def moment_of(parameters: QueryParams, now: datetime) -> Moment | None:
    """None where the present is asked for. Raises Malformed, for the future as well."""
    text = given(parameters, "as_of")
    if text is None:
        return None
    if is_position(text):
        return int(text)
    instant = parse_instant(text, "as_of")
    if instant > now:
        raise malformed("as_of")
    return instant


def at_least(moment: Moment | None) -> int:
    """The position that the tables must have come to before the moment can be looked at."""
    return moment if isinstance(moment, int) else 0


async def horizon_of(snapshot: Snapshot, moment: Moment | None) -> Horizon:
    """The snapshot is `at_least` of the moment. What came after a snapshot is not looked at:
    who may see it is not known yet."""
    end = moment if isinstance(moment, int) else snapshot.position
    return Horizon(end, await last_commit(snapshot, end))


async def last_commit(snapshot: Snapshot, position: int) -> int:
    """The last one at or before the position, 0 where there is none."""
    found: int = await snapshot.connection.fetchval(SELECT_LAST_COMMIT, position)
    return found


async def position_at(history: HistoryReads, moment: Moment | None, horizon: Horizon) -> int:
    """The position that the moment comes to, the horizon's end for the present. For an
    instant it is the last one with an event at or before it, 0 where there is none. Returns
    once the history is there. Raises ProjectionBehind and Unavailable."""
    await history.reach(horizon.last_commit)
    if moment is None:
        return horizon.end
    if isinstance(moment, int):
        return moment
    parameters = {"at_ms": to_ms(moment), "end": horizon.end}
    rows = await history.rows(SELECT_POSITION_AT, parameters)
    return int(rows[0]["position"])


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970, begun ones not counted."""
    return (instant - _EPOCH) // _MS
