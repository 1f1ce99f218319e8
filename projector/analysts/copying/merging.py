"""Keeps the order in which notices were copied from showing.

What is copied in one step lies in one part of the table. `_part` names it, functions such as
`blockNumber` count it, and rows come part by part if no order is asked for. So the parts would say
which notices were told at the same time, and lead to their events (`notices`). Once the parts of a
month are one, its rows lie in the order of their pseudonyms.
"""

import logging
from collections.abc import Callable
from typing import Final

from contracts.values.describing import describe_error
from runtime.clickhouse.port import Analytics, AnalyticsError

log = logging.getLogger(__name__)

EVERY_S: Final = 600.0
"""The shortest time between two merges."""
SHARE_MAX: Final = 0.05
"""Merges take no larger part of the time: a month of very many notices is merged less often."""

_SELECT_MONTHS: Final = """
    SELECT partition FROM system.parts
    WHERE database = currentDatabase() AND table = 'notices' AND active
    GROUP BY partition HAVING count() > 1 ORDER BY partition
"""


class PartMerger:
    """Merges the parts of the copied notices now and then."""

    def __init__(
        self, analysts: Analytics, steady: Callable[[], float], every_s: float = EVERY_S
    ) -> None:
        self._analysts = analysts
        self._steady = steady
        self._every_s = every_s
        self._next_at = steady()

    async def merge_if_due(self) -> None:
        """Merge the parts of each month that has several, unless that was done shortly before.
        What fails is done the next time."""
        began_at = self._steady()
        if began_at < self._next_at:
            return
        try:
            for (month,) in (await self._analysts.query(_SELECT_MONTHS)).rows:
                await self._analysts.execute(f"OPTIMIZE TABLE notices PARTITION {int(month)} FINAL")
        except AnalyticsError as error:
            log.warning("copies of notices not merged", extra={"reason": describe_error(error)})
        now = self._steady()
        self._next_at = now + max(self._every_s, (now - began_at) / SHARE_MAX)
