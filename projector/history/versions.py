"""Keeps up to three versions of the history's tables, told apart by the ends of their names.

Everybody reads the live ones. The next ones are filled beside them and take their places. Those
that were live until then are kept, so that they can come back. ClickHouse has no transactions: it
renames one table after the other. So a switch first takes the next version's position away, and
puts it in its place at the end. In between its name says that there is a switch to be finished
(`mend`). The position is also dropped first: if a projector comes back late, while another one
drops the tables that it wants to rename, its first rename fails, and nothing is changed.
"""

from collections.abc import Iterable, Set
from typing import Final, Literal

from contracts.errors import NotFound
from runtime.clickhouse.migrations import server_version
from runtime.clickhouse.port import Analytics

Version = Literal["", "_next", "_kept"]
LIVE: Final = ""
NEXT: Final = "_next"
KEPT: Final = "_kept"

POSITION: Final = "history_position"
TABLES: Final = ("events", "refusals", "ratings", POSITION)
"""In the order in which they are made and switched. Whatever else is done to a version begins with
the position, which is the last."""
SWITCHING: Final = f"{POSITION}_switching"
"""The next version's position during a switch."""
_SWITCHED: Final = tuple(
    (name, SWITCHING if name == POSITION else f"{name}{NEXT}") for name in TABLES
)
"""Each table, and the name of the one that takes its place in a switch."""

_SELECT_NAMES: Final = "SELECT name FROM system.tables WHERE database = currentDatabase()"
_WAITS_TO_DROP: Final = (23, 3)
"""Such a server keeps a dropped table's files for minutes unless it is told not to."""


def table_of(name: str, version: Version) -> str:
    """Return the name that the table has in this version."""
    return f"{name}{version}"


class HistoryVersions:
    """The versions in one database. Methods raise AnalyticsError."""

    def __init__(self, analytics: Analytics) -> None:
        self._analytics = analytics

    async def make_next(self) -> None:
        """Make the next version, with empty tables of the live ones' shape. The kept one is
        dropped, so that there are never three."""
        await self.drop(KEPT)
        await self.drop(NEXT)
        for name in TABLES:
            await self._analytics.execute(f"CREATE TABLE {name}{NEXT} AS {name}")

    async def take_kept(self) -> None:
        """Make the kept version the next one. Raises NotFound if none is kept that has the
        tables of this build."""
        names = await self._read_names()
        for name in TABLES:
            if f"{name}{KEPT}" not in names or not await self._are_alike(name):
                raise NotFound
        await self._rename((f"{name}{KEPT}", f"{name}{NEXT}") for name in reversed(TABLES))

    async def keep_next(self) -> None:
        """Make the next version, which was the kept one, the kept one again."""
        await self._rename((f"{name}{NEXT}", f"{name}{KEPT}") for name in reversed(TABLES))

    async def switch(self) -> None:
        """Put the next version in the place of the live one, and keep that. No other one must be
        kept. Without a next version it fails and changes nothing."""
        renamed = [(f"{POSITION}{NEXT}", SWITCHING)]
        for name, following in _SWITCHED:
            renamed += [(name, f"{name}{KEPT}"), (following, name)]
        await self._rename(renamed)

    async def drop(self, version: Version) -> None:
        """Drop the version if it is there, with its files."""
        await self._drop(version, await self._read_names())

    async def has(self, version: Version) -> bool:
        """Return whether there is such a version, with all its tables."""
        return _is_whole(version, await self._read_names())

    async def drop_rest_of_kept(self) -> None:
        """Drop what is left of a kept version that is not whole, unless a switch is at it."""
        names = await self._read_names()
        if SWITCHING not in names and not _is_whole(KEPT, names):
            await self._drop(KEPT, names)

    async def mend(self) -> None:
        """Finish a switch that was cut off. Drop a next version that nobody fills any more, and
        what is left of a kept one."""
        names = await self._read_names()
        if SWITCHING in names:
            for name, following in _SWITCHED:
                if following in names and name in names:
                    await self._rename([(name, f"{name}{KEPT}")])
                if following in names:
                    await self._rename([(following, name)])
            return
        await self._drop(NEXT, names)
        await self.drop_rest_of_kept()

    async def _drop(self, version: Version, names: Set[str]) -> None:
        at_once = " SYNC" if await server_version(self._analytics) >= _WAITS_TO_DROP else ""
        for name in reversed(TABLES):
            if f"{name}{version}" in names:
                await self._analytics.execute(f"DROP TABLE {name}{version}{at_once}")

    async def _read_names(self) -> set[str]:
        return {str(name) for (name,) in (await self._analytics.query(_SELECT_NAMES)).rows}

    async def _are_alike(self, name: str) -> bool:
        """Return whether the kept table has the columns of the live one."""
        live, kept = [
            [row[:2] for row in (await self._analytics.query(f"DESCRIBE TABLE {one}")).rows]
            for one in (name, f"{name}{KEPT}")
        ]
        return live == kept

    async def _rename(self, pairs: Iterable[tuple[str, str]]) -> None:
        renamed = ", ".join(f"{old} TO {new}" for old, new in pairs)
        await self._analytics.execute(f"RENAME TABLE {renamed}")


def _is_whole(version: Version, names: Set[str]) -> bool:
    return all(f"{name}{version}" in names for name in TABLES)
