"""Rebuilds the history in ClickHouse beside the live tables, and switches to the new ones.

The next version is filled from the first record of the journal, emptied of the texts of erased
people, and compared with a fold of the journal by sums over its rows. Then the live reader pauses
until the next version is as far, and the two change names. To roll back is the same with the
version that was kept.

A rebuild that is killed on the way leaves the live version as it was, or a switch that the next
start finishes (`projector.history.versions`).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

from contracts.errors import AlreadyRunning, Unavailable
from contracts.journal.acceptance import JournalBroken
from projector.history.block import Block
from projector.history.reader import QUIET_S, HistoryReader
from projector.history.scrubbing import WordScrubber
from projector.history.service import HistoryService
from projector.history.sink import ClickHouseSink
from projector.history.versions import KEPT, NEXT, HistoryVersions
from projector.proof.findings import Findings
from projector.rebuild.history_room import require_history_room
from projector.rebuild.history_sums import (
    PART,
    Sum,
    Sums,
    add_sums,
    read_erased,
    sum_commits,
    sum_tables,
)
from projector.rebuild.time_left import TimeLeft
from runtime.clickhouse.port import Analytics, AnalyticsError, AnalyticsUnavailable
from runtime.following.reader import BatchLimits, commits_of
from runtime.journal.port import Journal
from runtime.journal.tail import Tail
from runtime.postgres.tables import TablesUnavailable
from runtime.process.tasks import end, start_for
from runtime.progress.reporting import REPORT_S, Progress, ReportLine

log = logging.getLogger(__name__)

BESIDE: Final = BatchLimits(events_max=5_000, pause_s=0.05, quiet_s=QUIET_S, check_s=30.0)
"""Smaller blocks, with pauses: live traffic shares the process."""
PAUSE_S_MAX: Final = 10.0
"""For so long at most the live reader pauses. The next version was as far just before."""
AWAY_S_MAX: Final = 60.0
"""The rebuild is given up if ClickHouse, or a record that must come, is away for so long."""
FETCH_WAIT_S: Final = 1.0


class HistoryRebuilding:
    """Rebuilds the history, or brings the kept tables back. One at a time."""

    def __init__(self, journal: Journal, analytics: Analytics, live: HistoryService) -> None:
        """`live` keeps the tables behind `analytics` up with `journal`."""
        self._journal = journal
        self._analytics = analytics
        self._live = live
        self._versions = HistoryVersions(analytics)
        self._running = False

    async def run(self, *, rolls_back: bool = False) -> AsyncGenerator[ReportLine, None]:
        """Yield lines of progress, `{"phase", "done", "of", "left_s"}`, then the result.

        The result has `ok`, `switched`, `position` (up to which rows were compared), `rows` (by
        table), `differences` (examples of parts whose rows are not those of the journal; `found`
        has how many there are), `problem` (why the journal could not be followed, or None),
        `room_known` (whether ClickHouse said that there was room) and `seconds`. Raises
        AlreadyRunning while another one runs, Unavailable on a standby, NotFound if no tables are
        kept, NoRoom, and TablesUnavailable.
        """
        if self._running:
            raise AlreadyRunning("rebuild_running")
        if not self._live.active:
            raise Unavailable
        self._running = True
        try:
            left = TimeLeft(asyncio.get_running_loop().time)
            async with aclosing(self._run(rolls_back)) as lines:
                async for line in lines:
                    yield left.add_to(line) if "phase" in line else line
        except AnalyticsError as error:
            log.warning("history not rebuilt: %s", type(error).__name__)
            raise TablesUnavailable(f"ClickHouse: {error}") from error
        finally:
            self._running = False

    async def _run(self, rolls_back: bool) -> AsyncGenerator[ReportLine, None]:
        clock = asyncio.get_running_loop().time
        started_at = clock()
        comparison = _Comparison(self._journal, self._analytics)
        room_known = rolls_back or await require_history_room(self._analytics)
        async with self._next_version(rolls_back):
            beside = _HistoryBeside(
                HistoryReader(self._journal, self._analytics, BESIDE, version=NEXT)
            )
            try:
                target = (await ClickHouseSink(self._analytics).position()).state.seq
                async with aclosing(self._prepare(beside, target, comparison)) as lines:
                    async for line in lines:
                        self._demand_active()
                        yield line
                if fits := comparison.fits:
                    switching = start_for(
                        self._live.pause_for(lambda: self._switch(beside)), "switching history"
                    )
                    async with aclosing(_report_until(switching, "switch")) as lines:
                        async for line in lines:
                            self._demand_active()
                            yield line
                    log.info("switched to rebuilt history", extra={"position": beside.seq})
            finally:
                await beside.stop()
        yield {
            "ok": fits,
            "switched": fits,
            **comparison.sum_up(),
            "room_known": room_known,
            "seconds": round(clock() - started_at, 3),
        }

    async def _prepare(
        self, beside: "_HistoryBeside", target: int, comparison: "_Comparison"
    ) -> AsyncGenerator[ReportLine, None]:
        """Fill the next version up to `target`, empty the texts of the erased in it, and compare
        it. Yields lines of progress."""
        async with aclosing(beside.fill(target)) as lines:
            async for line in lines:
                yield line
        scrubber = WordScrubber(self._analytics, version=NEXT)
        scrubbing = start_for(scrubber.scrub(), "emptying texts beside")
        async with aclosing(_report_until(scrubbing, "erasures")) as lines:
            async for line in lines:
                beside.raise_error()
                yield line
        seq = (await ClickHouseSink(self._analytics, version=NEXT).position()).state.seq
        async with aclosing(comparison.run(seq)) as lines:
            async for line in lines:
                beside.raise_error()
                yield line

    async def _switch(self, beside: "_HistoryBeside") -> None:
        """Switch, while the live reader pauses."""
        live = await ClickHouseSink(self._analytics).position()
        if not await beside.reach(live.state.seq):
            raise TablesUnavailable("the rebuilt history falls behind the live one", "overloaded")
        await beside.stop()
        following = ClickHouseSink(self._analytics, version=NEXT)
        if (await following.position()).state.seq < live.state.seq:
            await following.write(Block({}), live)  # There are only quiet records between.
        self._demand_active()
        try:
            await self._versions.switch()
        except AnalyticsError:
            # ClickHouse may have died between two of the names.
            await self._live.reader.store_retry.attempt_until_available(self._versions.mend)
            if not await self._versions.has(KEPT):
                raise

    @asynccontextmanager
    async def _next_version(self, rolls_back: bool) -> AsyncIterator[None]:
        """Make the version that is to be filled. If it has not become the live one in the end, it
        is dropped, or kept again."""
        async with self._live.scrubber.turn:
            await (self._versions.take_kept if rolls_back else self._versions.make_next)()
        try:
            yield
        finally:
            async with self._live.scrubber.turn:
                if rolls_back and await self._versions.has(NEXT):
                    await self._versions.keep_next()
                else:
                    await self._versions.mend()
            self._live.scrubber.ask()

    def _demand_active(self) -> None:
        if not self._live.active:
            raise TablesUnavailable("another process follows the journal into the history now")


class _HistoryBeside:
    """The reader that fills the next version."""

    def __init__(self, reader: HistoryReader) -> None:
        self._reader = reader
        self._reading: asyncio.Task[None] | None = None

    @property
    def seq(self) -> int:
        return self._reader.position.state.seq

    async def fill(self, target: int) -> AsyncGenerator[ReportLine, None]:
        """Begin to read, and fill the tables to the position `target`. Yields lines of progress.
        Raises the reader's errors, and AnalyticsUnavailable if ClickHouse stays away."""
        self._reading = start_for(self._reader.run(), "reading history beside")
        now = asyncio.get_running_loop().time
        answered_at = now()
        yield {"phase": "fill", "done": 0, "of": target}
        while not await self._reader.reach(target, REPORT_S):
            self.raise_error()
            if self._reader.tables_available:
                answered_at = now()
            elif now() - answered_at > AWAY_S_MAX:
                raise AnalyticsUnavailable("no answer while the history was rebuilt")
            yield {"phase": "fill", "done": self.seq, "of": target}
        yield {"phase": "fill", "done": target, "of": target}

    async def reach(self, seq: int) -> bool:
        """Return whether the tables come as far as `seq` in time."""
        self.raise_error()
        return await self._reader.reach(seq, PAUSE_S_MAX)

    async def stop(self) -> None:
        await end(self._reading)
        self._reading = None

    def raise_error(self) -> None:
        """Raise the error with which the reader has ended, if it has."""
        if self._reading is not None and self._reading.done():
            self._reading.result()


class _Comparison:
    """Compares the next version with the journal."""

    def __init__(self, journal: Journal, analytics: Analytics) -> None:
        self._journal = journal
        self._analytics = analytics
        self._expected: Sums = {}
        self._found: Sums = {}
        self._seq = 0
        self._differences = Findings()
        self._problem: str | None = "not compared"

    @property
    def fits(self) -> bool:
        """Whether the rows are those that follow from the journal."""
        return self._problem is None and self._differences.total == 0

    def sum_up(self) -> dict[str, Any]:
        rows: dict[str, int] = {}
        for (table, _), one in self._found.items():
            rows[table] = rows.get(table, 0) + one.rows
        return {
            "position": self._seq,
            "rows": rows,
            "differences": self._differences.examples,
            "found": {"differences": self._differences.total},
            "problem": self._problem,
        }

    async def run(self, seq: int) -> AsyncGenerator[ReportLine, None]:
        """Compare all rows up to `seq`. Yields lines of progress. Raises AnalyticsError; a broken
        journal is a result."""
        self._seq = seq
        try:
            async with aclosing(self._fold()) as lines:
                async for line in lines:
                    yield line
        except JournalBroken as error:
            self._problem = str(error)
            return
        async with aclosing(sum_tables(self._analytics, NEXT, seq)) as parts:
            async for done, sums in parts:
                add_sums(self._found, sums)
                yield {"phase": "compare", "done": done, "of": seq}
        for table, part in sorted(self._expected.keys() | self._found.keys()):
            expected, found = (
                sums.get((table, part), Sum()) for sums in (self._expected, self._found)
            )
            if expected != found:
                self._differences.add(**_describe(table, part, expected, found))
        self._problem = None

    async def _fold(self) -> AsyncGenerator[ReportLine, None]:
        """Sum up the rows that follow from the journal. Raises JournalBroken."""
        erased = await read_erased(self._analytics, NEXT, self._seq)
        progress = Progress("journal", self._seq)
        now = asyncio.get_running_loop().time
        tail = Tail(self._journal)
        heard_at = now()
        yield progress.line(0)
        try:
            while (missing := self._seq - tail.position.state.seq) > 0:
                records = (await tail.fetch(FETCH_WAIT_S))[:missing]
                if records:
                    heard_at = now()
                elif now() - heard_at > AWAY_S_MAX:
                    raise JournalBroken(f"no record follows seq {tail.position.state.seq}")
                sums = await asyncio.to_thread(sum_commits, commits_of(records), erased)
                add_sums(self._expected, sums)
                if progress.must_rest() and await progress.rest():
                    yield progress.line(tail.position.state.seq)
        finally:
            await tail.close()


async def _report_until(task: asyncio.Task[None], phase: str) -> AsyncGenerator[ReportLine, None]:
    """Yield a line again and again until the task has ended. Raises its error, and ends it if
    nobody reads on."""
    try:
        while not task.done():
            yield {"phase": phase, "done": 0, "of": 1}
            await asyncio.wait([task], timeout=REPORT_S)
        task.result()
        yield {"phase": phase, "done": 1, "of": 1}
    finally:
        await end(task)


def _describe(table: str, part: int, expected: Sum, found: Sum) -> dict[str, Any]:
    return {
        "table": table,
        "positions": [part * PART, (part + 1) * PART - 1],
        "rows": {"journal": expected.rows, "table": found.rows},
    }
