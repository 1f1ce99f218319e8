"""verify compares the scores in PostgreSQL with the votes in ClickHouse, on both engines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import pairwise
from typing import Any, Final

import asyncpg
import pytest

from projector.history.reader import HISTORY_LIMITS, HistoryReader
from projector.proof import history_votes
from projector.proof.history_votes import HistoryVotes, cut_ranges
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink, PostgresSnapshot
from projector.read_models.projections.scores import SCORES
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.progress.reporting import ReportLine
from tests.cells.projector_cell import follow, read_rows, uuid_text
from tests.histories.chain import Chain
from tests.histories.random_people import live_until_rated
from tests.waiting import WITHIN_S

QUICK: Final = HISTORY_LIMITS._replace(pause_s=0.0, idle_wait_s=0.05)
PATIENCE_S: Final = 0.3
SOMEBODY: Final = uuid_text(77)


@pytest.fixture
async def analytics(analytics: Analytics) -> Analytics:
    await migrate(analytics)  # Else a history stands still for longer than it is waited for.
    return analytics


@pytest.fixture
async def chain(tables: asyncpg.Pool, sqlite_journal: SqliteJournal) -> Chain:
    """A history with ratings, in the journal and in PostgreSQL."""
    told = live_until_rated(800, votes=3).chain
    await told.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), told.seq)
    return told


@pytest.fixture
async def votes(
    chain: Chain, sqlite_journal: SqliteJournal, analytics: Analytics
) -> AsyncIterator[HistoryVotes]:
    """The same in ClickHouse."""
    async with followed(sqlite_journal, analytics) as history:
        assert await history.reach(chain.seq, WITHIN_S)
        yield HistoryVotes(analytics, history)


@asynccontextmanager
async def followed(journal: Journal, analytics: Analytics) -> AsyncIterator[HistoryReader]:
    history = HistoryReader(journal, analytics, QUICK)
    task = asyncio.create_task(history.run())
    yield history
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def verdict(
    pool: asyncpg.Pool,
    journal: Journal,
    votes: HistoryVotes | None,
    patience_s: float = PATIENCE_S,
) -> ReportLine:
    sink = PostgresSink(pool)
    lines = [line async for line in verify(journal, sink, votes, patience_s=patience_s)]
    return lines[-1]


def version_of(seq: int, **facts: Any) -> dict[str, list[Any]]:
    """A row of table `ratings` that no event states."""
    row = {"review_id": uuid_text(78), "version": seq, "ratee_id": SOMEBODY, "role": "host"}
    row["at_ms"] = 4_102_444_800_000  # So that it makes nothing older.
    return {name: [value] for name, value in {**row, "revealed": 1, "score": 9, **facts}.items()}


async def test_the_same_scores_come_of_both(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, votes: HistoryVotes
) -> None:
    people = len((await read_rows(tables))["scores"])
    assert people > 3
    result = await verdict(tables, sqlite_journal, votes)
    assert result["ok"], result
    assert result["scores_in_history"] == people


async def test_people_come_in_ranges_of_any_size(
    chain: Chain, votes: HistoryVotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def people() -> list[Any]:
        parts = votes.people(chain.seq)
        return [(one, sorted(revealed)) async for part in parts for one, revealed in part]

    whole = await people()
    monkeypatch.setattr(history_votes, "RANGE_ROWS", 2)
    assert await people() == whole


async def test_a_wrong_score_in_postgresql_is_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, votes: HistoryVotes
) -> None:
    await tables.execute("UPDATE read_model.scores SET host_rank = host_rank + 0.001")
    result = await verdict(tables, sqlite_journal, votes)
    assert not result["ok"]
    ranks = [one["columns"].get("host_rank", {}) for one in result["differences"]]
    by_history = [
        one for one, rank in zip(result["differences"], ranks, strict=True) if "history" in rank
    ]
    assert len(by_history) == result["scores_in_history"]
    assert by_history[0]["table"] == SCORES.name


async def test_a_score_without_votes_is_found(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, votes: HistoryVotes, analytics: Analytics
) -> None:
    people = set((await read_rows(tables))["scores"])
    await analytics.execute("TRUNCATE TABLE ratings")
    result = await verdict(tables, sqlite_journal, votes)
    assert not result["ok"]
    assert {(one["key"], one["only_in"]) for one in result["differences"]} == {
        (person_id, "table") for person_id in people
    }


async def test_a_wrong_vote_and_an_invented_one_in_clickhouse_are_found(
    chain: Chain,
    tables: asyncpg.Pool,
    sqlite_journal: SqliteJournal,
    votes: HistoryVotes,
    analytics: Analytics,
) -> None:
    rated = next(one for one in (await read_rows(tables))["scores"].values() if one[3])
    facts = await analytics.query(
        "SELECT any(review_id) FROM ratings WHERE ratee_id = %(ratee)s AND role = 'host' "
        "GROUP BY review_id HAVING max(revealed) = 1 AND max(retracted) = 0",
        {"ratee": rated[0]},
    )
    review_id = facts.rows[0][0]
    wrong = version_of(chain.seq, review_id=review_id, ratee_id=rated[0], revealed=0, score=99)
    await analytics.insert("ratings", wrong)
    await analytics.insert("ratings", version_of(chain.seq))
    result = await verdict(tables, sqlite_journal, votes)
    assert not result["ok"]
    found = {one["key"]: one for one in result["differences"]}
    assert set(found) == {rated[0], SOMEBODY}
    assert found[SOMEBODY]["only_in"] == "history"
    differs = found[rated[0]]["columns"]["host_rating"]
    assert differs["history"] > differs["table"] == rated[1]


async def test_what_the_history_knows_beyond_the_tables_does_not_differ(
    chain: Chain,
    tables: asyncpg.Pool,
    sqlite_journal: SqliteJournal,
    votes: HistoryVotes,
    analytics: Analytics,
) -> None:
    await analytics.insert("ratings", version_of(chain.seq + 1))
    assert (await verdict(tables, sqlite_journal, votes))["ok"]


async def test_a_history_that_stays_behind_is_no_agreement(
    chain: Chain, tables: asyncpg.Pool, sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    standing = HistoryVotes(analytics, HistoryReader(sqlite_journal, analytics))
    result = await verdict(tables, sqlite_journal, standing)
    assert not result["ok"]
    assert "stands at position 0" in result["problem"]
    assert result["scores_in_history"] is None


async def test_a_history_that_comes_late_is_waited_for(
    chain: Chain, tables: asyncpg.Pool, sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    async with AsyncExitStack() as stack:
        history = await stack.enter_async_context(followed(sqlite_journal, analytics))
        votes = HistoryVotes(analytics, history)
        result = await verdict(tables, sqlite_journal, votes, patience_s=WITHIN_S)
    assert result["ok"], result
    assert result["scores_in_history"]


class Watched(PostgresSink):
    """Knows how many snapshots are held."""

    held = 0

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PostgresSnapshot]:
        async with super().snapshot() as snapshot:
            self.held += 1
            yield snapshot
            self.held -= 1


class Late:
    """Comes a hundred records nearer each time it is waited for."""

    def __init__(self, votes: HistoryVotes, sink: Watched) -> None:
        self.people = votes.people
        self.position = 0
        self.held: list[int] = []
        self._sink = sink

    async def reach(self, seq: int, wait_s: float) -> bool:
        if self.position < seq:
            self.held.append(self._sink.held)
            self.position += 100
        return self.position >= seq


async def test_no_snapshot_is_held_while_a_history_far_behind_comes(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal, votes: HistoryVotes
) -> None:
    sink = Watched(tables)
    late = Late(votes, sink)
    lines = [line async for line in verify(sqlite_journal, sink, late, patience_s=PATIENCE_S)]
    assert lines[-1]["ok"], lines[-1]
    assert lines[-1]["scores_in_history"]
    assert lines[0] == {"phase": "history", "done": 100, "of": lines[-1]["position"]}
    assert len(late.held) > 2
    assert not any(late.held)


async def test_a_history_that_stays_behind_keeps_no_row_from_being_compared(
    chain: Chain, tables: asyncpg.Pool, sqlite_journal: SqliteJournal, analytics: Analytics
) -> None:
    await tables.execute("DELETE FROM read_model.decisions")
    standing = HistoryVotes(analytics, HistoryReader(sqlite_journal, analytics))
    result = await verdict(tables, sqlite_journal, standing)
    assert result["records"] == chain.seq
    assert {one["table"] for one in result["differences"]} == {"decisions"}
    assert "stands at position 0" in result["problem"]


async def test_a_history_that_is_away_is_no_agreement(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    nowhere = ServerAnalytics("clickhouse://default@127.0.0.1:1/nothing")
    away = HistoryVotes(nowhere, HistoryReader(sqlite_journal, nowhere))
    result = await verdict(tables, sqlite_journal, away)
    assert not result["ok"]
    assert "not available" in result["problem"]
    await nowhere.close()


async def test_without_a_history_nothing_is_compared_with_it(
    chain: Chain, tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    result = await verdict(tables, sqlite_journal, None)
    assert result["ok"]
    assert result["scores_in_history"] is None


def test_ranges_leave_no_id_out() -> None:
    assert cut_ranges(0) == cut_ranges(50_000) == [("", "\x7f")]
    for rows in (50_001, 10_000_000):
        found = cut_ranges(rows)
        assert (found[0][0], found[-1][1]) == ("", "\x7f")
        assert all(one[1] == other[0] for one, other in pairwise(found))
        assert rows / len(found) <= 50_000
