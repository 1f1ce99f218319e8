"""The history is rebuilt beside the live tables, on a server and on chdb: reads go on, nothing of
the erased comes back, whoever is killed."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
import pytest

from contracts.errors import AlreadyRunning, NotFound, Unavailable
from projector.history.block import block_of
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from projector.history.versions import KEPT, NEXT, TABLES, HistoryVersions
from projector.rebuild.history_rebuilding import HistoryRebuilding
from projector.service import ProjectorService
from query_api.edge.history_reads import HistoryReads
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics, AnalyticsUnavailable, QueryRefused
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.progress.reporting import ReportLine
from tests.histories.chain import Chain
from tests.histories.random_people import RandomPeople
from tests.integration.projector.held_journal import HeldJournal
from tests.integration.projector.history.canaries import (
    ANNA,
    CANARY,
    asked,
    canaries_of_anna,
    erased,
    expected_words,
    read_words,
    seen,
)
from tests.integration.projector.history.rebuild_until_killed import open_at
from tests.integration.projector.rebuild.rebuilt import REBUILD, app_of
from tests.paths import ROOT
from tests.servers.clickhouse_engines import ENGINES
from tests.servers.http_server import served
from tests.waiting import POLL_S, WITHIN_S, eventually

SCRIPT: Final = Path(__file__).with_name("rebuild_until_killed.py")
QUICK: Final = HISTORY_LIMITS._replace(events_max=7, pause_s=0.0, idle_wait_s=0.05)
NAMES: Final = "SELECT name FROM system.tables WHERE database = currentDatabase()"
ROWS: Final = "SELECT uniqExact(seq, event_index), count() FROM events FINAL"
COUNT: Final = "SELECT uniqExact(seq, event_index) AS rows FROM events"
SPOIL: Final[dict[str, list[Any]]] = {"seq": [3], "event_index": [99], "type": ["spoilt"]}
SPOILT: Final = "SELECT count() FROM events{} WHERE type = 'spoilt'"


@pytest.fixture(params=ENGINES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """That of a server's database, or a directory for the embedded engine."""
    if request.param == "server":
        found: str = request.getfixturevalue("clickhouse_dsn")
        return found
    return str(tmp_path / "chdb")


@pytest.fixture
async def analytics(address: str) -> AsyncIterator[Analytics]:
    analytics = open_at(address)
    yield analytics
    await analytics.close()


@asynccontextmanager
async def following(
    journal: Journal, analytics: Analytics, seq: int
) -> AsyncIterator[HistoryService]:
    """A service whose tables have come to `seq`."""
    service = HistoryService(journal, analytics, limits=QUICK)
    await service.start()
    try:
        await eventually(lambda: service.position >= seq)
        yield service
    finally:
        await service.stop()


async def rebuilt(rebuilding: HistoryRebuilding, *, rolls_back: bool = False) -> ReportLine:
    return [line async for line in rebuilding.run(rolls_back=rolls_back)][-1]


async def names(analytics: Analytics) -> set[str]:
    return {name for (name,) in (await analytics.query(NAMES)).rows}


async def words_once(analytics: Analytics) -> list[str]:
    """Return the words of `read_words`. A block that was written twice changes nothing."""
    return list(dict.fromkeys(await read_words(analytics)))


async def count(analytics: Analytics, sql: str) -> int:
    return int((await analytics.query(sql)).rows[0][0])


async def test_spoilt_tables_are_replaced_under_live_traffic(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = RandomPeople(1).live(200).chain
    middle = len(chain.payloads) // 2
    await chain.write_to(sqlite_journal, 0, middle)
    async with following(sqlite_journal, analytics, middle) as live:
        await analytics.insert("events", SPOIL)
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        lines: list[ReportLine] = []
        async with aclosing(rebuilding.run()) as running:
            async for line in running:
                if not lines:
                    await chain.write_to(sqlite_journal, middle)
                lines.append(line)
        result = lines[-1]
        assert result["switched"], result
        assert result["position"] >= middle
        assert result["rows"]["events"] > 0
        phases = [line["phase"] for line in lines[:-1]]
        assert sorted(set(phases), key=phases.index) == [
            "fill",
            "erasures",
            "journal",
            "compare",
            "switch",
        ]
        assert await count(analytics, SPOILT.format("")) == 0
        assert await count(analytics, SPOILT.format(KEPT)) == 1
        assert not any(name.endswith(NEXT) for name in await names(analytics))

        await eventually(lambda: live.position == chain.seq)  # The live reader goes on.
        rows = (await analytics.query(ROWS)).rows
        fresh = await rebuilt(rebuilding)
        assert fresh["switched"], fresh
        assert (await analytics.query(ROWS)).rows == rows


async def test_to_roll_back_loses_nothing(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = RandomPeople(2).live(120).chain
    middle = len(chain.payloads) // 2
    await chain.write_to(sqlite_journal, 0, middle)
    async with following(sqlite_journal, analytics, middle) as live:
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        with pytest.raises(NotFound):
            await rebuilt(rebuilding, rolls_back=True)
        assert (await rebuilt(rebuilding))["switched"]
        await chain.write_to(sqlite_journal, middle)
        await eventually(lambda: live.position == chain.seq)
        rows = (await analytics.query(ROWS)).rows
        back = await rebuilt(rebuilding, rolls_back=True)
        assert back["switched"], back
        assert back["position"] == chain.seq
        assert (await analytics.query(ROWS)).rows == rows

        # Spoilt tables are not gone back to, and stay kept.
        await analytics.insert(f"events{KEPT}", SPOIL)
        refused = await rebuilt(rebuilding, rolls_back=True)
        assert not refused["switched"]
        assert refused["differences"][0]["table"] == "events"
        assert await count(analytics, SPOILT.format("")) == 0
        assert await count(analytics, SPOILT.format(KEPT)) == 1


async def test_kept_tables_stay_kept_if_the_operator_goes_away_on_the_way_back(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = RandomPeople(3).live(60).chain
    await chain.write_to(sqlite_journal)
    journal = HeldJournal(sqlite_journal)
    async with following(journal, analytics, chain.seq) as live:
        rebuilding = HistoryRebuilding(journal, analytics, live)
        assert (await rebuilt(rebuilding))["switched"]
        before = await names(analytics)
        service = ProjectorService(journal, tables, history_rebuilding=rebuilding)
        journal.hold()
        for rolls_back in ("true", "false"):
            async with (
                served(app_of(service)) as url,
                aiohttp.ClientSession(url) as session,
                session.post(REBUILD, params={"only": "history", "roll_back": rolls_back}) as reply,
            ):
                await reply.content.readline()
                assert await HistoryVersions(analytics).has(NEXT)
                reply.close()
                await eventually(lambda: service.running is None)
            assert not await HistoryVersions(analytics).has(NEXT)
            if rolls_back == "true":
                assert await names(analytics) == before


async def test_tables_of_another_shape_are_not_gone_back_to(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = RandomPeople(3).live(60).chain
    await chain.write_to(sqlite_journal)
    async with following(sqlite_journal, analytics, chain.seq) as live:
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        assert (await rebuilt(rebuilding))["switched"]
        await analytics.execute(f"ALTER TABLE ratings{KEPT} ADD COLUMN more String")
        with pytest.raises(NotFound):
            await rebuilt(rebuilding, rolls_back=True)


async def test_a_row_that_is_lost_on_the_way_is_found(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = RandomPeople(3).live(60).chain
    await chain.write_to(sqlite_journal)
    async with following(sqlite_journal, analytics, chain.seq) as live:
        result = await rebuilt(HistoryRebuilding(sqlite_journal, LosingAnalytics(analytics), live))
        assert not result["switched"]
        assert result["found"]["differences"] == 1
        (difference,) = result["differences"]
        assert difference["table"] == "refusals"
        assert difference["rows"]["journal"] == difference["rows"]["table"] + 1
        assert not any(NEXT in name or KEPT in name for name in await names(analytics))


class LosingAnalytics:
    """Analytics that lose the first row of the refusals of a next version."""

    def __init__(self, inner: Analytics) -> None:
        self._inner = inner
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def insert(self, table: str, columns: Any) -> None:
        if table == f"refusals{NEXT}" and not self._lost and columns["seq"]:
            self._lost = True
            columns = {name: values[1:] for name, values in columns.items()}
        await self._inner.insert(table, columns)


async def test_an_erasure_that_falls_in_between_holds(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = canaries_of_anna()
    middle = 6  # Before Anna is erased.
    await chain.write_to(sqlite_journal, 0, middle)
    async with following(sqlite_journal, analytics, middle) as live:
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        async with aclosing(rebuilding.run()) as lines:
            async for line in lines:
                if line.get("phase") == "compare":
                    await chain.write_to(sqlite_journal, middle)
        assert line["switched"], line
        await eventually(lambda: live.position == chain.seq)
        # The texts go from the new live tables, and the kept ones go altogether.
        async with asyncio.timeout(WITHIN_S):
            while await words_once(analytics) != expected_words():
                await asyncio.sleep(0.2)
        assert not any(KEPT in name for name in await names(analytics))


async def test_what_was_erased_before_does_not_come_back(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    async with following(sqlite_journal, analytics, chain.seq) as live:
        await live.scrubber.scrub()
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        seen_words: list[list[str]] = []
        async with aclosing(rebuilding.run()) as lines:
            async for line in lines:  # noqa: B007
                seen_words.append(await words_once(analytics))
        assert line["switched"], line
        assert all(words == expected_words() for words in seen_words)
        assert await words_once(analytics) == expected_words()


async def test_kept_tables_go_once_somebody_in_them_is_erased(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = Chain()
    chain.commit(seen(ANNA, CANARY), actor=ANNA)
    chain.commit(asked(ANNA, CANARY), actor=ANNA)
    await chain.write_to(sqlite_journal)
    before = len(chain.payloads)
    async with following(sqlite_journal, analytics, chain.seq) as live:
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        assert (await rebuilt(rebuilding))["switched"]
        await live.scrubber.scrub()
        assert await HistoryVersions(analytics).has(KEPT)
        chain.commit(erased(ANNA))
        await chain.write_to(sqlite_journal, before)
        await eventually(lambda: live.position == chain.seq)
        await live.scrubber.scrub()
        assert not await HistoryVersions(analytics).has(KEPT)


@pytest.mark.parametrize("left", range(1, len(TABLES)))
async def test_what_is_left_of_kept_tables_goes_with_the_next_erasures(
    sqlite_journal: SqliteJournal, analytics: Analytics, left: int
) -> None:
    """ClickHouse died while they were dropped."""
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    async with following(sqlite_journal, analytics, chain.seq) as live:
        for name in TABLES[:left]:
            await analytics.execute(f"CREATE TABLE {name}{KEPT} AS {name}")
        assert not await HistoryVersions(analytics).has(KEPT)
        await live.scrubber.scrub()
        assert not any(KEPT in name for name in await names(analytics))


async def test_reads_are_answered_while_tables_are_switched(
    sqlite_journal: SqliteJournal, analytics: Analytics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("query_api.edge.history_reads.SWITCH_S", 3.0)  # Of a slow machine.
    monkeypatch.setattr("query_api.edge.history_reads.ANSWER_S_MAX", WITHIN_S)
    chain = RandomPeople(4).live(60).chain
    await chain.write_to(sqlite_journal)
    reads = HistoryReads(analytics, WITHIN_S)
    answers: list[tuple[int, int]] = []

    async def read_on() -> None:
        while True:
            position = await reads.reach(chain.seq)
            ((rows,),) = [tuple(row.values()) for row in await reads.fetch_rows(COUNT)]
            answers.append((position, rows))

    async with following(sqlite_journal, analytics, chain.seq) as live:
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        reading = [asyncio.create_task(read_on()) for _ in range(4)]
        for _ in range(5):
            assert (await rebuilt(rebuilding))["switched"]
            assert (await rebuilt(rebuilding, rolls_back=True))["switched"]
        assert not any(one.done() for one in reading)
        for one in reading:
            one.cancel()
        await asyncio.wait(reading)
        assert len(answers) > 20
        ((rows,),) = (await analytics.query(COUNT)).rows
        assert set(answers) == {(chain.seq, rows)}


async def test_one_at_a_time_and_only_where_the_journal_is_followed(
    sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    chain = canaries_of_anna()
    await chain.write_to(sqlite_journal)
    async with following(sqlite_journal, analytics, chain.seq) as live:
        rebuilding = HistoryRebuilding(sqlite_journal, analytics, live)
        async with aclosing(rebuilding.run()) as first:
            await anext(first)
            with pytest.raises(AlreadyRunning, match="rebuild_running"):
                await anext(rebuilding.run())
        # It was given up: nothing is left.
        assert not any(NEXT in name for name in await names(analytics))
        assert (await rebuilt(rebuilding))["switched"]
    standby = StandbyHistory(sqlite_journal, analytics)
    with pytest.raises(Unavailable):
        await anext(HistoryRebuilding(sqlite_journal, analytics, standby).run())


class StandbyHistory(HistoryService):
    @property
    def active(self) -> bool:
        return False


class StoppingAnalytics:
    """Analytics that do only so many of the renames of a statement."""

    def __init__(self, inner: Analytics, renames: int) -> None:
        self._inner = inner
        self._renames = renames

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> None:
        parts = sql.removeprefix("RENAME TABLE ").split(", ")
        await self._inner.execute(f"RENAME TABLE {', '.join(parts[: self._renames])}")


async def test_a_switch_without_a_next_version_changes_nothing(
    analytics: Analytics,
) -> None:
    """A projector that was frozen comes back after another one has dropped its tables."""
    await migrate(analytics)
    before = await names(analytics)
    with pytest.raises(QueryRefused):
        await HistoryVersions(analytics).switch()
    assert await names(analytics) == before


class InterruptedDrop:
    """Analytics that do something else after so many dropped tables."""

    def __init__(
        self, inner: Analytics, drops: int, meanwhile: Callable[[], Awaitable[None]]
    ) -> None:
        self._inner = inner
        self._left = drops
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def execute(self, sql: str) -> None:
        await self._inner.execute(sql)
        self._left -= sql.startswith("DROP TABLE")
        if not self._left:
            self._left = len(TABLES)
            await self._meanwhile()


class AsBefore(HistoryVersions):
    """A rebuilding that looked at the names before anything was dropped, and was frozen then."""

    def __init__(self, analytics: Analytics, seen_names: set[str]) -> None:
        super().__init__(analytics)
        self._seen_names = seen_names

    async def _read_names(self) -> set[str]:
        return self._seen_names

    async def _are_alike(self, name: str) -> bool:
        return True


@pytest.mark.parametrize("drops", range(1, len(TABLES)))
@pytest.mark.parametrize("late", ["switch", "keep_next", "take_kept"])
async def test_a_late_rename_changes_nothing_while_its_version_is_dropped(
    analytics: Analytics, late: str, drops: int
) -> None:
    """A projector that was frozen comes back while another one drops its tables."""
    await migrate(analytics)
    live = await names(analytics)
    versions = HistoryVersions(analytics)
    await versions.make_next()
    if late == "take_kept":
        await versions.keep_next()
    frozen = AsBefore(analytics, await names(analytics))

    async def come_back() -> None:
        left = await names(analytics)
        with pytest.raises(QueryRefused):
            await getattr(frozen, late)()
        assert await names(analytics) == left

    dropping = HistoryVersions(InterruptedDrop(analytics, drops, come_back))
    await dropping.drop(KEPT if late == "take_kept" else NEXT)
    assert await names(analytics) == live


@pytest.mark.parametrize("renames", range(1, 2 * len(TABLES) + 2))
async def test_a_switch_that_was_cut_off_is_finished(analytics: Analytics, renames: int) -> None:
    """ClickHouse died after so many of the names."""
    await migrate(analytics)
    versions = HistoryVersions(analytics)
    await versions.make_next()
    await analytics.insert(f"events{NEXT}", SPOIL)
    stopping = StoppingAnalytics(analytics, renames)
    await HistoryVersions(stopping).switch()
    await versions.mend()
    found = await names(analytics)
    assert {*TABLES, *(f"{one}{KEPT}" for one in TABLES)} <= found
    assert not any(one.endswith(NEXT) for one in found)
    assert await count(analytics, SPOILT.format("")) == 1
    await versions.mend()
    assert await names(analytics) == found


async def reopen(address: str) -> Analytics:
    """Open the database once the killed engine has let go of its directory."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            analytics = open_at(address)
            try:
                await names(analytics)
            except AnalyticsUnavailable:
                await analytics.close()
                await asyncio.sleep(POLL_S)
            else:
                return analytics


async def test_whoever_is_killed_leaves_the_live_tables_as_they_were(
    sqlite_journal: SqliteJournal, address: str, tmp_path: Path
) -> None:
    chain = RandomPeople(5).live(60).chain
    await chain.write_to(sqlite_journal)
    kills = 0
    while await asyncio.to_thread(_rebuild_and_kill, tmp_path, address, chain.seq, kills + 1):
        kills += 1
        analytics = await reopen(address)
        found = await names(analytics)
        assert set(TABLES) <= found
        assert await count(analytics, COUNT) == expected_rows(chain)
        await analytics.close()
    assert kills >= 10
    analytics = await reopen(address)
    assert not any(one.endswith(NEXT) for one in await names(analytics))
    assert await count(analytics, COUNT) == expected_rows(chain)
    await analytics.close()


def expected_rows(chain: Chain) -> int:
    return len(block_of(chain.commits).tables["events"])


def _rebuild_and_kill(directory: Path, address: str, seq: int, die_after: int) -> bool:
    """Return whether it was killed."""
    done = subprocess.run(
        [
            sys.executable,
            str(SCRIPT),
            str(directory / "journal.db"),
            address,
            str(seq),
            str(die_after),
        ],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    if done.returncode == 0:
        assert done.stdout == b"rebuilt\n"
    else:
        assert done.returncode == -9
    return done.returncode != 0
