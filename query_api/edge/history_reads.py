"""The history in ClickHouse, as the read side asks it: at a position or later, by name.

It follows the journal by itself, some hundred milliseconds behind the tables in PostgreSQL.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

from contracts.errors import ProjectionBehind, Unavailable
from runtime.calls.circuit import Circuit
from runtime.clickhouse.migrations import READER
from runtime.clickhouse.port import (
    Analytics,
    AnalyticsError,
    AnalyticsUnavailable,
    ResultSet,
    SqlParameter,
)

POLL_S: Final = 0.05
ANSWER_S_MAX: Final = 4.0
"""ClickHouse that says nothing so long is away: a page is not kept waiting for more."""
OPEN_AFTER: Final = 3
OPEN_S: Final = 2.0
"""So many failures in a row, and for so long nobody waits for it at all."""

_SELECT_POSITION: Final = "SELECT max(seq) FROM history_position WHERE reader = %(reader)s"


class HistoryReads:
    """One per process. Without `analytics` there is no history, and all of it is unavailable."""

    def __init__(self, analytics: Analytics | None, timeout_s: float) -> None:
        self._analytics = analytics
        self._timeout_s = timeout_s
        self.circuit = Circuit(OPEN_AFTER, OPEN_S, time.monotonic)

    async def reach(self, wanted: int) -> int:
        """The position that the history has come to, `wanted` or later. Raises
        ProjectionBehind after the timeout, and Unavailable without ClickHouse. Always looked
        up: a history that is being rebuilt goes back."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        while (position := await self._stored_position()) < wanted:
            if asyncio.get_running_loop().time() >= deadline:
                raise ProjectionBehind(wanted, position)
            await asyncio.sleep(POLL_S)
        return position

    async def rows(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> list[dict[str, Any]]:
        """Raises Unavailable, within seconds or at once."""
        if self._analytics is None or not self.circuit.admit():
            raise Unavailable
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await self._analytics.query(sql, parameters)
        except (TimeoutError, AnalyticsUnavailable) as error:
            self.circuit.failed()
            raise Unavailable from error
        except AnalyticsError as error:
            self.circuit.succeeded()  # It answered.
            raise Unavailable from error
        self.circuit.succeeded()
        return _dictionaries(answer)

    async def _stored_position(self) -> int:
        found = await self.rows(_SELECT_POSITION, {"reader": READER})
        return int(next(iter(found[0].values()))) if found else 0


def _dictionaries(answer: ResultSet) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
