"""What the read side asks the history, on an old server and the current engine, while every
row is there twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest

from contracts.events.post import PostEvent
from contracts.scoring import UNRATED
from contracts.values.ids import PersonId
from projector.history.events import is_in_history
from projector.history.reader import HISTORY_LIMITS, HistoryReader
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from projector.read_models.projections.scores import SCORES
from query_api.edge.history_reads import HistoryReads
from query_api.history.as_of import fold_events
from query_api.history.events import PastEvent, Withheld, decode_events, fetch_event_rows
from query_api.ratings.past_scores import fetch_guest_scores, fetch_score
from runtime.clickhouse.port import Analytics
from runtime.journal.sqlite import SqliteJournal
from tests.histories.chain import Chain
from tests.histories.random_people import live_until_rated
from tests.servers.clickhouse_engines import Open
from tests.unit.query_api.history.past import assert_agrees, group_by_announcement
from tests.waiting import WITHIN_S

LIMITS: Final = HISTORY_LIMITS._replace(events_max=100, pause_s=0.0, idle_wait_s=0.05)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return live_until_rated(700, votes=3).chain


async def follow(journal: SqliteJournal, analytics: Analytics, end: int) -> None:
    history = HistoryReader(journal, analytics, LIMITS)
    following = asyncio.create_task(history.run())
    assert await history.reach(end, WITHIN_S)
    following.cancel()
    await asyncio.wait([following])


@pytest.fixture
async def analytics(
    open_analytics: Open, chain: Chain, sqlite_journal: SqliteJournal
) -> AsyncIterator[Analytics]:
    """The whole chain, delivered twice."""
    await chain.write_to(sqlite_journal)
    analytics = open_analytics()
    await follow(sqlite_journal, analytics, chain.seq)
    await analytics.execute("TRUNCATE TABLE history_position")
    await follow(sqlite_journal, analytics, chain.seq)
    yield analytics
    await analytics.close()


def tables_at(chain: Chain, position: int) -> MemoryTables:
    tables = MemoryTables()
    commits = [one for one in chain.commits if one.seq <= position]
    tables.apply(RowBatch(Intake().take(commits)))
    for _ in tables.score():
        pass
    return tables


async def test_the_past_is_what_the_tables_were(analytics: Analytics, chain: Chain) -> None:
    history = HistoryReads(analytics, timeout_s=1.0)
    rated = 0
    for position in range(40, chain.seq + 1, 120):
        tables = tables_at(chain, position)
        known = group_by_announcement([one for one in chain.commits if one.seq <= position])
        for evening_id, expected in list(known.items())[::5]:
            rows = await fetch_event_rows(history, evening_id, position)
            stated = [one for one in decode_events(rows, Withheld()) if is_told_in_words(one)]
            expected = [one for one in expected if is_told_in_words(one)]
            assert [one[:3] for one in stated] == [one[:3] for one in expected]
            assert [one.event for one in stated] == [one.event for one in expected]
            assert_agrees(fold_events(stated), tables, evening_id)
            scores = await fetch_guest_scores(history, evening_id, position)
            for guest_id in fold_events(stated).bookings:
                score = scores.get(guest_id, UNRATED)
                assert (score.rating, score.count) == stored_score(tables, guest_id, "guest")
                rated += score.count > 0
        for person_id in map(PersonId, map(str, tables.rows["people"])):
            score = await fetch_score(history, person_id, "host", position)
            assert (score.rating, score.count) == stored_score(tables, person_id, "host")
            rated += score.count > 0
    assert rated > 10


def is_told_in_words(past: PastEvent) -> bool:
    """Some families are not in the history, and posts are without their words."""
    name, _, _ = str(type(past.event).__struct_config__.tag).rpartition(".")
    return is_in_history(name) and not isinstance(past.event, PostEvent)


def stored_score(tables: MemoryTables, person_id: str, role: str) -> tuple[float, int]:
    if person_id not in tables.rows["scores"]:
        return 0.0, 0
    row = tables.row(SCORES, person_id)
    return row[f"{role}_rating"], row[f"{role}_rating_count"]


async def test_a_commit_that_changed_nothing_is_reached_as_well(
    open_analytics: Open, sqlite_journal: SqliteJournal
) -> None:
    """Who wrote nothing new waits for the position of that all the same."""
    chain = Chain()
    nothing = chain.commit()
    chain.barrier(nothing.decided_at)
    await chain.write_to(sqlite_journal)
    analytics = open_analytics()
    await follow(sqlite_journal, analytics, chain.seq)
    assert await HistoryReads(analytics, timeout_s=0.2).reach(nothing.seq) >= nothing.seq
    await analytics.close()
