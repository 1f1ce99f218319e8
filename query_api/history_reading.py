"""The history in ClickHouse, as the read side asks it: at a position or later, by name.

It follows the journal by itself, some hundred milliseconds behind the tables in PostgreSQL.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from contracts.errors import ProjectionBehind, Unavailable
from runtime.clickhouse import Analytics, AnalyticsError, Parameter
from runtime.clickhouse_migrations import READER

POLL_S: Final = 0.05

_SELECT_POSITION: Final = "SELECT max(seq) FROM history_position WHERE reader = %(reader)s"


class HistoryReads:
    """One per process. Without `analytics` there is no history, and all of it is unavailable."""

    def __init__(self, analytics: Analytics | None, timeout_s: float) -> None:
        self._analytics = analytics
        self._timeout_s = timeout_s

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
        self, sql: str, parameters: Mapping[str, Parameter] | None = None
    ) -> list[dict[str, Any]]:
        """Raises Unavailable."""
        if self._analytics is None:
            raise Unavailable
        try:
            answer = await self._analytics.query(sql, parameters)
        except AnalyticsError as error:
            raise Unavailable from error
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    async def _stored_position(self) -> int:
        found = await self.rows(_SELECT_POSITION, {"reader": READER})
        return int(next(iter(found[0].values()))) if found else 0
