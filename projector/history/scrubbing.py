"""Empties, in the history, what erased people typed before their erasure.

What is to be emptied follows from the tables alone: the erasures are events, and each text has
its person beside it. So nothing is stored about the work. Killed anywhere, it begins again; a
rebuilt history is emptied again. Many people go by one mutation, because each one rewrites
parts of the table. Tables that a rebuild has kept are dropped if they have texts of the erased.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, NoReturn

from projector.history.block import Block
from projector.history.versions import KEPT, LIVE, HistoryVersions, Version, table_of
from runtime.calls.store_retry import StoreRetry
from runtime.clickhouse.port import Analytics, AnalyticsError, literal

log = logging.getLogger(__name__)

GATHER_S: Final = 5.0
"""How long after an erasure to wait for others, which then go by the same mutation."""
POLL_S: Final = 0.5
DISK_POLL_S: Final = 2.0
PEOPLE_AT_ONCE: Final = 2_000
"""At most so many people go by one mutation: ClickHouse bounds the size of a statement."""

ERASED: Final = "person.erased"
_SELECT_ERASURES: Final = f"""
    SELECT person_id, max(seq) FROM {{events}} WHERE type = '{ERASED}' GROUP BY person_id
"""
_COUNT_RUNNING: Final = """
    SELECT count() FROM system.mutations
    WHERE database = currentDatabase() AND table IN {tables} AND is_done = 0
"""
_SELECT_OLD_PARTS: Final = """
    SELECT table, name FROM system.parts
    WHERE database = currentDatabase() AND table IN {tables} AND active = 0
"""


def select_erased(version: Version) -> str:
    """Return SQL for the people whose erasure is in the tables."""
    return f"SELECT person_id FROM {table_of('events', version)} WHERE type = '{ERASED}'"


class ScrubbedTable(NamedTuple):
    """A table with texts of people."""

    name: str
    owner: str
    """Column with the person whose text a row has."""
    position: str
    """Column with the position of the row."""
    has_text: str
    """Condition: the row has a text."""
    update: str
    """Assignments that empty it."""

    def of(self, version: Version) -> "ScrubbedTable":
        """Return the table as it is named in this version."""
        return self._replace(name=table_of(self.name, version))

    def select_first(self, erased: str) -> str:
        """Return SQL for the people among `erased` (SQL) who have texts, with the position of the
        first one."""
        return f"""
            SELECT {self.owner}, min({self.position}) FROM {self.name}
            WHERE {self.has_text} AND {self.owner} IN ({erased}) GROUP BY {self.owner}
        """

    def mutation(self, erasures: Sequence[tuple[str, int]]) -> str:
        """Return the statement that empties what these people typed before their erasures."""
        people = ", ".join(literal(person) for person, _ in erasures)
        positions = ", ".join(str(seq) for _, seq in erasures)
        return f"""
            ALTER TABLE {self.name} UPDATE {self.update}
            WHERE {self.has_text} AND {self.owner} IN ({people}) AND {self.position} < transform(
                {self.owner}, [{people}], CAST([{positions}] AS Array(UInt64)), toUInt64(0))
        """


TABLES: Final = (
    ScrubbedTable("events", "words_of", "seq", "words_of != ''", "words = '', words_of = ''"),
    ScrubbedTable("ratings", "rater_id", "version", "tags NOT IN ('', '[]')", "tags = '[]'"),
)


class WordScrubber:
    """Empties the texts of the erased. `run` once; `ask` whenever there may be new ones.

    That of the live version also drops kept tables that have such texts.
    """

    def __init__(
        self,
        analytics: Analytics,
        on_pending: Callable[[int], None] = lambda _people: None,
        version: Version = LIVE,
    ) -> None:
        """`on_pending` is called with the number of people whose texts are still there."""
        self._analytics = analytics
        self._on_pending = on_pending
        self._version = version
        self._tables = [table.of(version) for table in TABLES]
        self._names = literal(tuple(table.name for table in self._tables))
        self.turn = asyncio.Lock()
        """Held while tables are changed. Whoever renames them holds it, too."""
        self._retry = StoreRetry("history to scrub", AnalyticsError)
        self._asked = asyncio.Event()
        self.pending: int | None = None
        """Number of erased people whose texts are still there, if only in files that ClickHouse
        is about to delete; None before the first look."""

    def ask(self) -> None:
        """Look again, soon."""
        self._asked.set()

    def note_written(self, block: Block) -> None:
        """Look again if the block has an erasure."""
        if ERASED in block.tables["events"].columns["type"]:
            self.ask()

    async def run(self, gather_s: float = GATHER_S) -> NoReturn:
        """Empty what is to be emptied, whenever it is asked for."""
        while True:
            await self._asked.wait()
            await asyncio.sleep(gather_s)
            self._asked.clear()
            await self._retry.attempt_until_available(self.scrub)
            await self._retry.attempt_until_available(self.wait_until_off_disk)

    async def scrub(self) -> None:
        """Empty everything that is to be emptied now. Safe to repeat. Raises AnalyticsError."""
        async with self.turn:
            if self._version == LIVE:
                await self._drop_kept_with_texts()
            await self._empty()

    async def _drop_kept_with_texts(self) -> None:
        versions = HistoryVersions(self._analytics)
        if not await versions.has(KEPT):
            await versions.drop_rest_of_kept()  # ClickHouse may have died while it was dropped.
            return
        for table in TABLES:
            select = table.of(KEPT).select_first(select_erased(LIVE))
            if (await self._analytics.scan(select)).rows:
                await versions.drop(KEPT)
                log.info("kept tables dropped: they have texts of erased people")
                return

    async def _empty(self) -> None:
        await self._wait_for_mutations()  # Of an earlier life.
        while pending := await self._find_pending():
            self._note_pending(len(set().union(*pending.values())))
            for table, erasures in pending.items():
                for part in _cut(sorted(erasures.items())):
                    await self._analytics.execute(table.mutation(part))
            await self._wait_for_mutations()
            log.info("texts of erased people emptied", extra={"people": self.pending})

    async def wait_until_off_disk(self) -> None:
        """Wait until ClickHouse has deleted the files that the mutations replaced, or somebody
        asks. Raises AnalyticsError."""
        old = await self._find_old_parts()
        while old & await self._find_old_parts():
            if self._asked.is_set():
                return
            await asyncio.sleep(DISK_POLL_S)
        self._note_pending(0)

    async def _find_pending(self) -> Mapping[ScrubbedTable, Mapping[str, int]]:
        """Return by table the people whose texts are to go, with the positions of their
        erasures."""
        select = _SELECT_ERASURES.format(events=table_of("events", self._version))
        answer = await self._analytics.scan(select)
        erased = {str(person): int(seq) for person, seq in answer.rows}
        found: dict[ScrubbedTable, Mapping[str, int]] = {}
        for table in self._tables if erased else ():
            select = table.select_first(select_erased(self._version))
            rows = (await self._analytics.scan(select)).rows
            people = {str(one): erased[str(one)] for one, seq in rows if int(seq) < erased[one]}
            if people:
                found[table] = people
        return found

    async def _find_old_parts(self) -> set[tuple[str, str]]:
        rows = (await self._analytics.query(_SELECT_OLD_PARTS.format(tables=self._names))).rows
        return {(str(table), str(name)) for table, name in rows}

    async def _wait_for_mutations(self) -> None:
        count = _COUNT_RUNNING.format(tables=self._names)
        while int((await self._analytics.query(count)).rows[0][0]):
            await asyncio.sleep(POLL_S)

    def _note_pending(self, people: int) -> None:
        self.pending = people
        self._on_pending(people)


def _cut(erasures: Sequence[tuple[str, int]]) -> Iterator[Sequence[tuple[str, int]]]:
    for start in range(0, len(erasures), PEOPLE_AT_ONCE):
        yield erasures[start : start + PEOPLE_AT_ONCE]
