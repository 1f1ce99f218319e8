"""Refuses a rebuild of the history for which ClickHouse has no room, before it begins.

It is an estimate. Rebuilt tables become as large as the live ones, and to merge the largest part
takes as much again. The kept tables are dropped first. A server says by itself how much room its
disks have, but not an old one, and not to an account that may not know.
"""

from collections.abc import Iterable
from typing import Final

from contracts.errors import NoRoom
from projector.history.versions import KEPT, LIVE, NEXT, TABLES, Version, table_of
from runtime.clickhouse.port import Analytics, QueryRefused

_PARTS: Final = """
    FROM system.parts WHERE database = currentDatabase() AND active AND table IN %(tables)s
"""
_SELECT_SIZE: Final = f"SELECT sum(bytes_on_disk), max(bytes_on_disk) {_PARTS}"
_SELECT_FREE: Final = f"""
    SELECT sum(toFloat64(free_space)) FROM system.disks
    WHERE name IN (SELECT DISTINCT disk_name {_PARTS})
"""


async def require_history_room(analytics: Analytics) -> bool:
    """Raise NoRoom if the history cannot be rebuilt beside the live tables. Returns whether
    ClickHouse says how much room there is. Raises AnalyticsUnavailable, too."""
    try:
        live, largest = await _measure(analytics, (LIVE,))
        freed, _ = await _measure(analytics, (KEPT, NEXT))
        (free,) = (await analytics.query(_SELECT_FREE, _tables((LIVE,)))).rows[0]
    except QueryRefused:
        return False
    needed, room = live + largest, int(free) + freed
    if needed > room:
        raise NoRoom("clickhouse", needed_bytes=needed, free_bytes=room)
    return True


async def _measure(analytics: Analytics, versions: Iterable[Version]) -> tuple[int, int]:
    """Return the size of all parts of the tables, and of the largest part, in bytes."""
    size, largest = (await analytics.query(_SELECT_SIZE, _tables(versions))).rows[0]
    return int(size or 0), int(largest or 0)


def _tables(versions: Iterable[Version]) -> dict[str, tuple[str, ...]]:
    return {"tables": tuple(table_of(name, one) for one in versions for name in TABLES)}
