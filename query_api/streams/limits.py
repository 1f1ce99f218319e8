"""Limits the number of streams, and sets their pace."""

from typing import Final

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class StreamLimits(BaseModel):
    """The limits of the streams of one process. Set them with `QUERY_API_STREAMS__<NAME>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of_person_max: PositiveInt = 10
    """Open streams of one person. A further one is answered with 429."""
    open_max: PositiveInt = 1_500
    """Open streams of everybody. Fewer than the connections of a process, so that reads go on."""
    at_once_max: PositiveInt = 4
    """How many streams may read the tables at once; fewer than the pool has connections."""
    heartbeat_s: PositiveFloat = 15.0
    """Longest silence of a stream."""
    recheck_s: PositiveFloat = 60.0
    """How often a stream of one announcement asks whether its reader still sees it, if nothing
    changes there: whom the reader follows is not in the tables."""


DEFAULT: Final = StreamLimits()
