"""Votes, lateness and drift out of the history, on both engines, every block delivered twice."""

from datetime import UTC, datetime
from typing import Final

import msgspec
import pytest

from contracts.errors import ProjectionBehind, Unavailable
from contracts.journal.records import Commit
from contracts.scoring import score_of
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.times import from_ms, to_ms
from projector.history.block import block_of
from projector.history.sink import ClickHouseSink
from query_api.edge.history_reads import HistoryReads
from query_api.ratings.drift import DriftMonth, compute_drift
from query_api.ratings.lateness import NEVER_LATE, Lateness, count_no_shows, fetch_lateness
from query_api.ratings.votes import (
    drop_retracted,
    fetch_author_ratings_at,
    fetch_ratings,
    select_role,
)
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Analytics
from runtime.clickhouse.server import ServerAnalytics
from runtime.journal.tail import START, Position
from tests.histories.random_people import RandomPeople, live_until_rated
from tests.histories.stated import StatedHistory, evenings_in_march

TIMEOUT_S: Final = 0.2
EVER: Final = 2**62
"""A position behind all that is recorded."""
ADA: Final = PersonId("ada")
GUEST: Final = PersonId("g1")


@pytest.fixture
async def analytics(analytics: Analytics) -> Analytics:
    await migrate(analytics)
    return analytics


async def store_twice(analytics: Analytics, commits: list[Commit]) -> HistoryReads:
    """Return a history that holds `commits`, each of them twice."""
    sink = ClickHouseSink(analytics)
    half = len(commits) // 2
    for part in (commits[:half], commits[half:], commits):
        await sink.write(block_of(part), START)
    return HistoryReads(analytics, TIMEOUT_S)


def live_and_rate() -> RandomPeople:
    return live_until_rated(1_000, votes=6)


async def test_scores_are_to_the_last_bit_those_of_the_write_side(analytics: Analytics) -> None:
    people = live_and_rate()
    history = await store_twice(analytics, people.chain.commits)
    standings = people.layer.standings.own
    assert sum(standing.score.count for standing in standings.values()) > 10
    for (person_id, role), standing in standings.items():
        votes = select_role(drop_retracted(await fetch_ratings(history, person_id, EVER)), role)
        assert score_of(one.vote for one in votes) == standing.score


async def test_what_is_said_is_told_with_all_its_facts(analytics: Analytics) -> None:
    people = live_and_rate()
    history = await store_twice(analytics, people.chain.commits)
    ratings = people.layer.ratings.own
    revealed = {one.id for one in ratings.values() if one.revealed_at is not None}
    found = [
        one for person in people.person_ids for one in await fetch_ratings(history, person, EVER)
    ]
    assert {one.review_id for one in found} == revealed
    for one in found:
        rating = ratings[one.review_id]
        assert (one.announcement_id, one.rater_id) == (rating.announcement_id, rating.rater_id)
        assert (one.role, one.score) == (rating.role, rating.score)
        assert one.tags == frozenset(rating.tags)
        assert (one.given_at, one.revealed_at) == (rating.created_at, rating.revealed_at)
        assert (one.retracted_at is not None) == rating.retracted


async def test_d12_a_page_of_one_evening_or_person_knows_no_other(analytics: Analytics) -> None:
    history = await store_twice(analytics, evenings_in_march().commits)
    assert [one.score for one in await fetch_ratings(history, ADA, EVER)] == [1, 9]
    assert [
        one.score for one in await fetch_author_ratings_at(history, ADA, AnnouncementId("e1"), EVER)
    ] == [9]
    assert await fetch_author_ratings_at(history, ADA, AnnouncementId("e2"), EVER) == []
    assert await fetch_author_ratings_at(history, GUEST, AnnouncementId("e1"), EVER) == []


async def test_d14_nothing_said_is_no_error(analytics: Analytics) -> None:
    history = HistoryReads(analytics, TIMEOUT_S)
    assert await fetch_ratings(history, ADA, EVER) == []
    assert await fetch_author_ratings_at(history, ADA, AnnouncementId("e1"), EVER) == []
    assert await fetch_lateness(history, ADA, EVER) == NEVER_LATE
    assert compute_drift([], "overall") == []


async def test_drift_is_what_was_given_and_where_the_score_stood(analytics: Analytics) -> None:
    """Ada's 9 of March is followed by a 1 in April, taken back an hour after it was revealed."""
    history = await store_twice(analytics, evenings_in_march().commits)
    of_host = compute_drift(await fetch_ratings(history, ADA, EVER), "host")
    assert of_host == [DriftMonth("2026-03", 1, 9.0, 7.3), DriftMonth("2026-04", 0, 0.0, 7.3)]
    of_guest = compute_drift(await fetch_ratings(history, GUEST, EVER), "guest")
    assert of_guest == [DriftMonth("2026-03", 1, 10.0, 7.5), DriftMonth("2026-04", 1, 7.0, 7.4)]


async def test_a_no_show_is_counted_once_it_is_revealed(analytics: Analytics) -> None:
    commits = evenings_in_march().commits
    for known, no_shows in ((commits[:-2], 0), (commits, 1)):
        history = await store_twice(analytics, known)
        assert count_no_shows(await fetch_ratings(history, GUEST, EVER)) == no_shows
        assert count_no_shows(await fetch_ratings(history, ADA, EVER)) == 0


def departures() -> StatedHistory:
    """Of `host`'s evening in 100 hours, moved at 60 to begin at 200, and what is left of it."""
    stated = StatedHistory()
    stated.announce(0, "e1", author="host", seats=5, starts=100)
    for guest in ("early", "moved", "never-agreed", "agreed"):
        stated.book(1, "requested", f"e1/{guest}", (None, True), 0, actor=guest, author_id="host")
        stated.book(2, "approved", f"e1/{guest}", (True, True), 1, actor="host")
    stated.book(50, "left", "e1/early", (True, False), 2, actor="early")
    stated.move(60, "e1", starts=200, actor="host")
    stated.book(90, "left", "e1/moved", (True, False), 1, actor="moved")
    stated.book(91, "left", "e1/agreed", (True, False), 1, actor="agreed")
    stated.book(92, "accepted", "e1/agreed", (True, True), 1, actor="agreed")
    stated.book(180, "left", "e1/never-agreed", (True, False), 0, actor="never-agreed")
    stated.book(181, "left", "e1/agreed", (True, False), 0, actor="agreed")
    return stated


async def test_leaving_is_late_by_the_time_that_the_guest_agreed_to(analytics: Analytics) -> None:
    history = await store_twice(analytics, departures().commits)
    for guest, late in (("early", 0), ("moved", 0), ("never-agreed", 0), ("agreed", 1)):
        assert await fetch_lateness(history, PersonId(guest), EVER) == Lateness(late, 0), guest


@pytest.mark.parametrize(
    ("moves", "late"),
    [([], 1), ([(95, 90)], 0), ([(95, 90), (100, 91)], 1), ([(110, 90), (112, 91)], 0)],
    ids=["not moved", "moved nearer", "moved there and back", "moved twice"],
)
async def test_whoever_leaves_because_the_host_moved_is_not_late(
    analytics: Analytics, moves: list[tuple[float, float]], late: int
) -> None:
    """Moves are (new start, when), in hours; the guest agreed to 100 and left at 92."""
    stated = StatedHistory()
    stated.announce(0, "e1", author="host", seats=4, starts=100)
    stated.book(1, "requested", "e1/g1", (None, True), 0, actor="g1", author_id="host")
    stated.book(2, "approved", "e1/g1", (True, True), 1, actor="host")
    for starts, at in moves:
        stated.move(at, "e1", starts=starts, actor="host")
    stated.book(92, "left", "e1/g1", (True, False), 0, actor="g1")
    history = await store_twice(analytics, stated.commits)
    assert await fetch_lateness(history, GUEST, EVER) == Lateness(late, 0)


@pytest.mark.parametrize(
    ("at", "guest_answer", "actor", "counts"),
    [
        (77.0, True, "host", 1),
        (75.0, True, "host", 0),
        (77.0, None, "host", 0),
        (77.0, True, "operator", 0),
    ],
    ids=["late", "in time", "nobody confirmed", "by an operator"],
)
async def test_calling_off_counts_where_it_is_late_and_lets_somebody_down(
    analytics: Analytics, at: float, guest_answer: bool | None, actor: str, counts: int
) -> None:
    stated = StatedHistory()
    stated.announce(0, "e1", author="host", seats=4, starts=100)
    stated.book(1, "invited", "e1/g1", (True, None), 0, actor="host", author_id="host")
    if guest_answer:
        stated.book(2, "accepted", "e1/g1", (True, True), 1, actor="g1")
    stated.call_off(at, "e1", actor=actor)
    history = await store_twice(analytics, stated.commits)
    assert await fetch_lateness(history, PersonId("host"), EVER) == Lateness(0, counts)
    assert await fetch_lateness(history, PersonId("operator"), EVER) == NEVER_LATE


async def test_a_guest_who_had_left_is_not_let_down(analytics: Analytics) -> None:
    stated = StatedHistory()
    stated.announce(0, "e1", author="host", seats=1, starts=100)
    stated.book(1, "invited", "e1/g1", (True, None), 0, actor="host", author_id="host")
    stated.book(2, "accepted", "e1/g1", (True, True), 1, actor="g1")
    stated.book(90, "left", "e1/g1", (True, False), 0, actor="g1")
    stated.call_off(95, "e1", actor="host")
    history = await store_twice(analytics, stated.commits)
    assert await fetch_lateness(history, PersonId("host"), EVER) == NEVER_LATE
    assert await fetch_lateness(history, GUEST, EVER) == Lateness(1, 0)


def test_a_vote_was_given_at_the_same_millisecond_everywhere() -> None:
    for millisecond in range(1000):
        at = datetime(2026, 3, 31, 23, 59, 59, 1000 * millisecond, tzinfo=UTC)
        assert from_ms(to_ms(at)) == at


async def test_a_reader_waits_for_its_position_and_not_for_ever(analytics: Analytics) -> None:
    history = HistoryReads(analytics, TIMEOUT_S)
    assert await history.reach(0) == 0
    with pytest.raises(ProjectionBehind):
        await history.reach(1)
    reached = msgspec.structs.replace(START.state, seq=7)
    await ClickHouseSink(analytics).write(block_of([]), Position(7, reached))
    assert await history.reach(7) == 7


async def test_a_history_that_is_away_is_unavailable() -> None:
    nowhere = ServerAnalytics("clickhouse://default@127.0.0.1:1/nothing")
    for history in (HistoryReads(nowhere, TIMEOUT_S), HistoryReads(None, TIMEOUT_S)):
        with pytest.raises(Unavailable):
            await fetch_ratings(history, ADA, EVER)
        with pytest.raises(Unavailable):
            await history.reach(0)
    await nowhere.close()
