"""Empties, in the history, what erased people typed before their erasure.

What is to be emptied follows from the tables alone: the erasures are events, and each text has
its person beside it. So nothing is stored about the work. Killed anywhere, it begins again; a
rebuilt history is emptied again. Many people go by one mutation, because each one rewrites
parts of the table.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, NoReturn

from projector.history.block import Block
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
_ERASED_PEOPLE: Final = f"SELECT person_id FROM events WHERE type = '{ERASED}'"
_SELECT_ERASURES: Final = f"""
    SELECT person_id, max(seq) FROM events WHERE type = '{ERASED}' GROUP BY person_id
"""
_COUNT_RUNNING: Final = """
    SELECT count() FROM system.mutations
    WHERE database = currentDatabase() AND table IN ('events', 'ratings') AND is_done = 0
"""
_SELECT_OLD_PARTS: Final = """
    SELECT table, name FROM system.parts
    WHERE database = currentDatabase() AND table IN ('events', 'ratings') AND active = 0
"""


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

    @property
    def select_first(self) -> str:
        """Return SQL for the erased people who have texts, with the position of the first one."""
        return f"""
            SELECT {self.owner}, min({self.position}) FROM {self.name}
            WHERE {self.has_text} AND {self.owner} IN ({_ERASED_PEOPLE}) GROUP BY {self.owner}
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
    """Empties the texts of the erased. `run` once; `ask` whenever there may be new ones."""

    def __init__(
        self, analytics: Analytics, on_pending: Callable[[int], None] = lambda _people: None
    ) -> None:
        """`on_pending` is called with the number of people whose texts are still there."""
        self._analytics = analytics
        self._on_pending = on_pending
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
        answer = await self._analytics.scan(_SELECT_ERASURES)
        erased = {str(person): int(seq) for person, seq in answer.rows}
        found: dict[ScrubbedTable, Mapping[str, int]] = {}
        for table in TABLES if erased else ():
            rows = (await self._analytics.scan(table.select_first)).rows
            people = {str(one): erased[str(one)] for one, seq in rows if int(seq) < erased[one]}
            if people:
                found[table] = people
        return found

    async def _find_old_parts(self) -> set[tuple[str, str]]:
        rows = (await self._analytics.query(_SELECT_OLD_PARTS)).rows
        return {(str(table), str(name)) for table, name in rows}

    async def _wait_for_mutations(self) -> None:
        while int((await self._analytics.query(_COUNT_RUNNING)).rows[0][0]):
            await asyncio.sleep(POLL_S)

    def _note_pending(self, people: int) -> None:
        self.pending = people
        self._on_pending(people)


def _cut(erasures: Sequence[tuple[str, int]]) -> Iterator[Sequence[tuple[str, int]]]:
    for start in range(0, len(erasures), PEOPLE_AT_ONCE):
        yield erasures[start : start + PEOPLE_AT_ONCE]
