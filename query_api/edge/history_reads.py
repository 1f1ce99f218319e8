"""Reads the history in ClickHouse at a position or later.

The history follows the journal on its own. It is usually a few hundred milliseconds behind the
tables in PostgreSQL.
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
    TableAbsent,
)

POLL_S: Final = 0.05
SWITCH_S: Final = 0.3
"""Longer than tables of the history are absent while a rebuild switches to others."""
ANSWER_S_MAX: Final = 4.0
"""A query without an answer for this long fails: ClickHouse counts as away."""
OPEN_AFTER: Final = 3
OPEN_S: Final = 2.0
"""After OPEN_AFTER failures in a row, ClickHouse is not asked for OPEN_S."""

_SELECT_POSITION: Final = """
    SELECT max(seq) FROM history_position WHERE startsWith(reader, %(reader)s)
"""


class HistoryReads:
    """Reads of one process. Without `analytics` every read raises Unavailable.

    `reader` is the name, or its beginning, under which the tables store their position.
    """

    def __init__(self, analytics: Analytics | None, timeout_s: float, reader: str = READER) -> None:
        self._analytics = analytics
        self._reader = reader
        self._timeout_s = timeout_s
        self.circuit = Circuit(OPEN_AFTER, OPEN_S, time.monotonic)

    async def reach(self, wanted: int) -> int:
        """Wait until the history is at `wanted` or later, and return its position.

        Always asks ClickHouse: the position of a history goes back if it is rebuilt. Raises
        ProjectionBehind after the timeout, and Unavailable without ClickHouse.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        while (position := await self._fetch_position()) < wanted:
            if asyncio.get_running_loop().time() >= deadline:
                raise ProjectionBehind(wanted, position)
            await asyncio.sleep(POLL_S)
        return position

    async def fetch_rows(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows, each by column name. Raises Unavailable after ANSWER_S_MAX at the
        latest, whatever is wrong with ClickHouse or with the query."""
        if self._analytics is None or not self.circuit.admit():
            raise Unavailable
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await self._query(self._analytics, sql, parameters)
        except (TimeoutError, AnalyticsUnavailable) as error:
            self.circuit.note_failure()
            raise Unavailable from error
        except AnalyticsError as error:
            self.circuit.note_success()  # ClickHouse did answer: it is not away.
            raise Unavailable from error
        self.circuit.note_success()
        return _name_columns(answer)

    async def _query(
        self, analytics: Analytics, sql: str, parameters: Mapping[str, SqlParameter] | None
    ) -> ResultSet:
        """Run the query, again after a moment if a table is absent: a rebuild may be putting
        another one in its place."""
        try:
            return await analytics.query(sql, parameters)
        except TableAbsent:
            await asyncio.sleep(SWITCH_S)
            return await analytics.query(sql, parameters)

    async def _fetch_position(self) -> int:
        found = await self.fetch_rows(_SELECT_POSITION, {"reader": self._reader})
        return int(next(iter(found[0].values()))) if found else 0


def _name_columns(answer: ResultSet) -> list[dict[str, Any]]:
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
