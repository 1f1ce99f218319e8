"""What erased people typed goes from the history, on a server and on chdb."""

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest

from projector.history.reader import HISTORY_LIMITS, HistoryReader
from projector.history.scrubbing import WordScrubber
from projector.history.service import HistoryService
from runtime.clickhouse.migrations import migrate, server_version
from runtime.clickhouse.port import Analytics, AnalyticsUnavailable
from runtime.journal.sqlite import SqliteJournal
from tests.at_rest import find_files_with
from tests.histories.chain import Chain
from tests.integration.projector.history.canaries import (
    CANARY,
    canaries_of_anna,
    erased,
    expected_words,
    read_words,
    seen,
)
from tests.servers.choice import choose_servers
from tests.waiting import WITHIN_S, eventually

POLL_S: Final = 0.2
QUICK: Final = HISTORY_LIMITS._replace(events_max=7, pause_s=0.0, idle_wait_s=0.05)


async def follow(journal: SqliteJournal, analytics: Analytics, seq: int) -> WordScrubber:
    """Bring the history to `seq`. Returns a scrubber that has done nothing yet."""
    reader = HistoryReader(journal, analytics, QUICK)
    service = HistoryService(journal, analytics, limits=QUICK)
    await service.start()
    await eventually(lambda: service.position >= seq)
    await service.stop()
    assert reader.position.state.seq == 0
    return WordScrubber(analytics)


async def test_only_what_was_typed_before_the_erasure_goes(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    scrubber = await follow(sqlite_journal, analytics, chain.seq)
    assert any(CANARY in one for one in await read_words(analytics))
    await scrubber.scrub()
    assert await read_words(analytics) == expected_words()
    facts = await analytics.query("SELECT countIf(payload LIKE '%kanarien%') FROM events")
    assert facts.rows == [(0,)]


async def test_nothing_of_it_is_left_on_the_disk(
    sqlite_journal: SqliteJournal,
    analytics: Analytics,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    await migrate(analytics)
    for table in ("events", "ratings"):
        await forget_old_parts_soon(analytics, table)
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    scrubber = await follow(sqlite_journal, analytics, chain.seq)
    roots = [tmp_path / "chdb", *tmp_path_factory.getbasetemp().glob("clickhouse*")]
    on_server = request.node.callspec.params["open_analytics"] == "server"
    if on_server and choose_servers() == "own":  # A current engine packs short texts tighter.
        assert find_files_with(CANARY.encode(), *roots)
    await scrubber.scrub()
    assert scrubber.pending == 1
    await scrubber.wait_until_off_disk()
    assert scrubber.pending == 0
    assert find_files_with(CANARY.encode(), *roots) == []
    assert await read_words(analytics) == expected_words()


async def forget_old_parts_soon(analytics: Analytics, table: str) -> None:
    """Make the empty table anew so that what an update replaces leaves the disk at once."""
    ((statement,),) = (await analytics.query(f"SHOW CREATE TABLE {table}")).rows
    shipped = "old_parts_lifetime = 60"
    assert shipped in statement
    await analytics.execute(f"DROP TABLE {table}")
    soon = "old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0"
    if await server_version(analytics) >= (24, 3):  # As migration 0011 has it.
        soon += ", max_cleanup_delay_period = 1"
    await analytics.execute(statement.replace(shipped, soon))


class DyingAnalytics:
    """Analytics whose process dies at the `die_at`th statement, before it or after it."""

    def __init__(self, inner: Analytics, die_at: int, *, after: bool) -> None:
        self._inner = inner
        self._left = die_at
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> None:
        self._left -= 1
        if self._left != 0 or self._after:
            await self._inner.execute(sql)
        if self._left == 0:
            raise AnalyticsUnavailable("killed")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("die_at", [1, 2])
async def test_a_scrub_that_was_killed_is_finished_by_the_next(
    sqlite_journal: SqliteJournal, analytics: Analytics, die_at: int, after: bool
) -> None:
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, analytics, chain.seq)
    with pytest.raises(AnalyticsUnavailable):
        await WordScrubber(DyingAnalytics(analytics, die_at, after=after)).scrub()
    await WordScrubber(analytics).scrub()
    assert await read_words(analytics) == expected_words()


async def test_a_rebuilt_history_is_scrubbed_again(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    scrubber = await follow(sqlite_journal, analytics, chain.seq)
    await scrubber.scrub()
    await analytics.execute("TRUNCATE TABLE history_position")
    scrubber = await follow(sqlite_journal, analytics, chain.seq)
    await scrubber.scrub()
    assert not any(CANARY in one for one in await read_words(analytics))


async def test_many_people_at_once_are_few_mutations(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = Chain()
    people = [f"1f0e8a1c-52a5-4b0e-a0ad-{number:012x}" for number in range(2_500)]
    for start in range(0, len(people), 500):
        part = people[start : start + 500]
        chain.commit(*(seen(one, CANARY) for one in part))
        chain.commit(*map(erased, part))
    await chain.write_to(sqlite_journal)
    limits = HISTORY_LIMITS._replace(pause_s=0.0, idle_wait_s=0.05)
    service = HistoryService(sqlite_journal, analytics, limits=limits)
    await service.start()
    await eventually(lambda: service.position >= chain.seq)
    await service.stop()
    counted = CountingAnalytics(analytics)
    await WordScrubber(counted).scrub()
    assert counted.statements == 2
    assert await read_words(analytics) == []


class CountingAnalytics:
    def __init__(self, inner: Analytics) -> None:
        self._inner = inner
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> None:
        self.statements += 1
        await self._inner.execute(sql)


async def test_the_service_scrubs_by_itself(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    service = HistoryService(sqlite_journal, analytics, limits=QUICK)
    await service.start()
    await eventually(lambda: service.readiness()["erased_in_history"] == 1)
    async with asyncio.timeout(WITHIN_S):
        while await read_words(analytics) != expected_words():
            await asyncio.sleep(POLL_S)
    await service.stop()
