"""Drops what is too old from the analysts' tables, a month at a time.

Time is the journal's: the newest day that was written counts as today. So a copy of an old
journal keeps what the original kept, and a clock set wrong drops nothing.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from runtime.clickhouse.port import Analytics

DAYS_MAX: Final = 1_096
"""For how many days they keep what happened, unless a setting says otherwise: three years."""
TABLES: Final = ("events", "refusals", "ratings", "notices", "clicks")
_SELECT_OLDEST: Final = "SELECT toString(min(day)), count() FROM {table}"


class Retention:
    """Keeps the tables of `analytics` to the last `days_max` days, or for ever if it is 0."""

    def __init__(self, analytics: Analytics, days_max: int) -> None:
        self._analytics = analytics
        self._days_max = days_max
        self._applied: date | None = None

    async def apply(self, today: date) -> None:
        """Drop the months that lie wholly before the last `days_max` days. Does nothing if it was
        done for this day. Raises AnalyticsError."""
        if self._days_max == 0 or (self._applied is not None and today <= self._applied):
            return
        first_kept = today - timedelta(days=min(self._days_max, today.toordinal() - 1))
        for table in TABLES:
            oldest, rows = (await self._analytics.query(_SELECT_OLDEST.format(table=table))).rows[0]
            if int(rows):
                for month in _months_before(date.fromisoformat(oldest), first_kept):
                    await self._analytics.execute(f"ALTER TABLE {table} DROP PARTITION {month}")
        self._applied = today


def _months_before(oldest: date, first_kept: date) -> Iterator[int]:
    """Yield the months, such as 202603, from that of `oldest` to the one before that of
    `first_kept`."""
    last = 12 * first_kept.year + first_kept.month - 1
    for month in range(12 * oldest.year + oldest.month - 1, last):
        yield 100 * (month // 12) + month % 12 + 1
