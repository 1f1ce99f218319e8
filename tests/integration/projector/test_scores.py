"""Scores in PostgreSQL: verified, tried with another formula, and computed anew."""

import asyncio
from typing import Any

import aiohttp
import asyncpg
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from contracts.errors import Forbidden
from contracts.scoring import PUBLISHED, Formula
from projector.http import build_router
from projector.proof.verify import verify
from projector.read_models.postgres import recompute
from projector.read_models.postgres.recompute import publish_formula, try_formula
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.ratings import RATINGS
from projector.read_models.projections.scores import SCORES, RevealedRating, score_row
from projector.service import ProjectorService
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import fold_rows, follow, read_rows, somebody_waits_behind
from tests.histories.chain import Chain
from tests.histories.random_people import live_until_rated
from tests.servers.http_server import served
from tests.waiting import eventually

BOLD = Formula(prior_weight=1.0)
STANDING = ("Created", "Alive", "Closed")
OVER = ("Done", "Cancelled")
TRIAL = "/api/v1/operator/ratings/trial"


@pytest.fixture
async def chain(tables: asyncpg.Pool, sqlite_journal: SqliteJournal) -> Chain:
    """A history with ratings, followed to its end."""
    told = live_until_rated(1_000, votes=3).chain
    await told.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(tables), told.seq)
    return told


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a person's ratings come in several."""
    monkeypatch.setattr(recompute, "ROWS_AT_ONCE", 2)


async def result_of_verify(pool: asyncpg.Pool, journal: SqliteJournal) -> dict[str, Any]:
    return [line async for line in verify(journal, PostgresSink(pool))][-1]


def scores_by(formula: Formula, chain: Chain) -> dict[Any, tuple[Any, ...]]:
    """From the ratings alone."""
    ratings = [
        dict(zip(RATINGS.types, row, strict=True)) for row in fold_rows(chain)["ratings"].values()
    ]
    revealed: dict[Any, list[RevealedRating]] = {}
    for one in ratings:
        if one["revealed_at"] is not None:
            facts = RevealedRating(one["role"], one["score"], one["created"], one["retracted"])
            revealed.setdefault(one["ratee_id"], []).append(facts)
    return {person: score_row(person, facts, formula) for person, facts in revealed.items()}


async def ranks_of(pool: asyncpg.Pool, *statuses: str) -> dict[Any, float]:
    """Of the evenings with one of these statuses, as the table has them."""
    rows = await pool.fetch(
        """SELECT announcement_id, author_rank FROM read_model.announcements
           WHERE status = ANY($1::text[])""",
        statuses,
    )
    return {row[0]: row[1] for row in rows}


async def host_ranks(pool: asyncpg.Pool) -> dict[Any, float]:
    """What the hosts' scores say, by evening, whatever its status."""
    rows = await pool.fetch(
        """SELECT announcement_id, host_rank FROM read_model.announcements
           JOIN read_model.scores ON person_id = author_id"""
    )
    return {row[0]: row[1] for row in rows}


def ranks_by(formula: Formula, chain: Chain) -> dict[Any, float]:
    """Of the evenings that are not over, from the ratings alone."""
    place = tuple(SCORES.types).index("host_rank")
    of_host = {person: row[place] for person, row in scores_by(formula, chain).items()}
    names = tuple(ANNOUNCEMENTS.types)
    author, status = names.index("author_id"), names.index("status")
    evenings = fold_rows(chain)["announcements"]
    return {
        key: of_host.get(row[author], 0.0)
        for key, row in evenings.items()
        if row[status] in STANDING
    }


async def shadow_of(pool: asyncpg.Pool) -> dict[Any, tuple[Any, ...]]:
    rows = await pool.fetch(f"SELECT {', '.join(SCORES.types)} FROM read_model.scores_shadow")
    return {row[0]: tuple(row) for row in rows}


async def test_scores_follow_the_ratings(tables: asyncpg.Pool, chain: Chain) -> None:
    scores = (await read_rows(tables))["scores"]
    assert len(scores) > 1
    assert scores == scores_by(PUBLISHED, chain)


async def test_an_evening_is_ranked_as_its_host_whichever_of_them_came_first(
    tables: asyncpg.Pool, chain: Chain
) -> None:
    ranks = await ranks_of(tables, *STANDING)
    assert len({rank for rank in ranks.values() if rank}) > 1
    assert ranks == ranks_by(PUBLISHED, chain)


async def test_an_evening_that_is_over_keeps_its_rank_whatever_its_host_gets(
    tables: asyncpg.Pool, sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_rated(1_000, votes=3).chain
    half = len(chain.payloads) // 2
    await chain.write_to(sqlite_journal, 0, half)
    await follow(sqlite_journal, PostgresSink(tables), half)
    over = await ranks_of(tables, *OVER)
    before = await host_ranks(tables)
    await chain.write_to(sqlite_journal, half)
    await follow(sqlite_journal, PostgresSink(tables), chain.seq)
    after = await host_ranks(tables)
    assert any(before.get(key) != after.get(key) for key in over)
    await publish_formula(tables, BOLD)
    assert over.items() <= (await ranks_of(tables, *OVER)).items()


async def test_verify_finds_a_score_that_its_ratings_do_not_come_to(
    tables: asyncpg.Pool, chain: Chain, sqlite_journal: SqliteJournal
) -> None:
    assert (await result_of_verify(tables, sqlite_journal))["ok"]
    await tables.execute("UPDATE read_model.scores SET host_rank = host_rank + 0.001")
    result = await result_of_verify(tables, sqlite_journal)
    assert not result["ok"]
    assert {one["table"] for one in result["differences"]} == {"scores", "announcements"}


async def test_verify_finds_an_evening_not_ranked_as_its_host(
    tables: asyncpg.Pool, chain: Chain, sqlite_journal: SqliteJournal
) -> None:
    wronged = await tables.fetchrow(
        """UPDATE read_model.announcements SET author_rank = author_rank + 1
           WHERE announcement_id = $1 RETURNING announcement_id, author_rank""",
        min(ranks_by(PUBLISHED, chain)),
    )
    assert wronged is not None
    result = await result_of_verify(tables, sqlite_journal)
    assert not result["ok"]
    (found,) = result["differences"]
    assert (found["table"], found["key"]) == ("announcements", wronged["announcement_id"])
    rank = wronged["author_rank"]
    assert found["columns"] == {"author_rank": {"scores": rank - 1, "table": rank}}


async def test_a_start_ranks_what_a_projector_without_ranks_has_written(
    tables: asyncpg.Pool, chain: Chain, sqlite_journal: SqliteJournal
) -> None:
    await publish_formula(tables)
    await tables.execute("UPDATE read_model.announcements SET author_rank = author_rank / 2 + 1")
    assert not await publish_formula(tables)
    assert await ranks_of(tables, *STANDING) == ranks_by(PUBLISHED, chain)
    assert (await result_of_verify(tables, sqlite_journal))["ok"]


async def test_a_trial_says_who_would_move_and_moves_nobody(
    tables: asyncpg.Pool, chain: Chain
) -> None:
    before = await read_rows(tables)
    trial = await try_formula(tables, BOLD)
    assert await read_rows(tables) == before
    assert await shadow_of(tables) == scores_by(BOLD, chain)
    assert (trial.formula, trial.live) == (BOLD, PUBLISHED)
    live, bold = before["scores"], scores_by(BOLD, chain)
    places = {name: place for place, name in enumerate(SCORES.types)}
    for role in ("host", "guest", "overall"):
        shift = getattr(trial, role)
        rating, count = places[f"{role}_rating"], places[f"{role}_rating_count"]
        shifts = [abs(bold[one][rating] - live[one][rating]) for one in live if live[one][count]]
        assert (shift.people, shift.moved) == (len(shifts), sum(map(bool, shifts)))
        assert shift.largest_shift == max(shifts)
        assert shift.mean_shift == pytest.approx(sum(shifts) / len(shifts))
        for mover in shift.movers:
            assert mover.before == live[mover.person_id][rating]
            assert mover.after == bold[mover.person_id][rating]
    assert trial.overall.moved


async def test_the_published_formula_moves_nobody(tables: asyncpg.Pool, chain: Chain) -> None:
    for _ in range(2):
        trial = await try_formula(tables, PUBLISHED)
        assert [trial.host.moved, trial.guest.moved, trial.overall.moved] == [0, 0, 0]
        assert trial.overall.movers == []


async def test_another_formula_is_taken_over_at_once_and_given_up_again(
    tables: asyncpg.Pool, chain: Chain, sqlite_journal: SqliteJournal
) -> None:
    assert await publish_formula(tables, BOLD)
    assert not await publish_formula(tables, BOLD)
    assert (await read_rows(tables))["scores"] == scores_by(BOLD, chain)
    assert await ranks_of(tables, *STANDING) == ranks_by(BOLD, chain)
    assert not (await result_of_verify(tables, sqlite_journal))["ok"]
    projector = ProjectorService(sqlite_journal, tables)
    await projector.start()
    await eventually(lambda: projector.ready)
    assert (await read_rows(tables))["scores"] == scores_by(PUBLISHED, chain)
    assert await ranks_of(tables, *STANDING) == ranks_by(PUBLISHED, chain)
    assert (await result_of_verify(tables, sqlite_journal))["ok"]
    await projector.stop()


async def test_scores_can_be_read_while_evenings_are_ranked_by_another_formula(
    tables: asyncpg.Pool, chain: Chain
) -> None:
    async with tables.acquire() as blocker, asyncio.TaskGroup() as tasks, blocker.transaction():
        await blocker.execute("SELECT FROM read_model.announcements FOR UPDATE")
        switching = tasks.create_task(publish_formula(tables, BOLD))
        await somebody_waits_behind(blocker)
        async with tables.acquire() as reader, reader.transaction():
            await reader.execute("SET LOCAL lock_timeout = '1s'")
            assert await reader.fetchval("SELECT count(*) FROM read_model.scores")
        assert not switching.done()
    assert await ranks_of(tables, *STANDING) == ranks_by(BOLD, chain)


async def test_an_operator_tries_a_formula_over_http(
    tables: asyncpg.Pool, chain: Chain, sqlite_journal: SqliteJournal
) -> None:
    async def guard(request: Request) -> None:
        if request.headers.get("authorization") != "Bearer operator":
            raise Forbidden

    projector = ProjectorService(sqlite_journal, tables)
    await projector.start()
    await eventually(lambda: projector.ready)
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(projector, guard))
    own = {"Authorization": "Bearer operator"}
    async with served(app) as url, aiohttp.ClientSession(url) as session:
        async with session.post(TRIAL, json={"prior_weight": 1}, headers=own) as reply:
            assert reply.status == 200
            trial = await reply.json()
            assert trial["formula"] == trial["live"] | {"prior_weight": 1.0}
            assert trial["overall"]["moved"] > 0
        for wrong in ({"prior_weight": 0}, {"prior_mean": "7"}, {"unknown": 1}):
            async with session.post(TRIAL, json=wrong, headers=own) as reply:
                assert reply.status == 422
        async with session.post(TRIAL, json={}) as reply:
            assert reply.status == 403
    await projector.stop()
