"""`practix ratings trial` against a served projector."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Final

import asyncpg
import msgspec
import pytest
from fastapi import FastAPI

from contracts.scoring import PUBLISHED
from launcher.verbs.ratings import register
from projector.http import build_router
from projector.service import ProjectorService
from runtime.auth.operators import OperatorGuard
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from tests.cells.projector_cell import read_rows
from tests.histories.random_people import live_until_rated
from tests.integration.launcher.invoking import SECRET, Practix, build_practix
from tests.servers.http_server import served
from tests.waiting import eventually

PUBLISHED_CONSTANTS: Final = msgspec.to_builtins(PUBLISHED)


@pytest.fixture
async def practix(tables: asyncpg.Pool, sqlite_journal: SqliteJournal) -> AsyncIterator[Practix]:
    """Run a verb against a history with ratings."""
    chain = live_until_rated(800, votes=3).chain
    await chain.write_to(sqlite_journal)
    projector = ProjectorService(sqlite_journal, tables)
    await projector.start()
    await eventually(lambda: projector.ready and projector.position == chain.seq)
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(projector, OperatorGuard(SECRET)))
    async with served(app) as url:
        practix = build_practix(register, url, {"COLUMNS": "160"})
        yield partial(practix, "ratings")
    await projector.stop()


async def test_a_trial_says_who_would_move_and_how_far(
    practix: Practix, tables: asyncpg.Pool
) -> None:
    before = await read_rows(tables)
    result = await practix("trial", "--prior-mean", "5.5", "--half-life-days", "90", "--json")
    assert result.exit_code == 0, result.output
    trial = msgspec.json.decode(result.stdout)
    assert trial["live"] == PUBLISHED_CONSTANTS
    changed = {"prior_mean": 5.5, "half_life_days": 90.0}
    assert trial["formula"] == PUBLISHED_CONSTANTS | changed
    assert await read_rows(tables) == before

    shown = (await practix("trial", "--prior-mean", "5.5", "--half-life-days", "90")).stdout
    assert "prior_mean 7 -> 5.5, half_life_days 365 -> 90" in shown
    for role in ("host", "guest", "overall"):
        shift = trial[role]
        assert f"{role}: {shift['moved']} of {shift['people']} people" in shown
        for mover in shift["movers"]:
            by = mover["after"] - mover["before"]
            (line, *_) = (one for one in shown.splitlines() if mover["person_id"] in one)
            assert f"{by:+.1f}" in shown
            assert f"{mover['rating_count']}" in line
    assert trial["overall"]["movers"]


async def test_the_published_constants_move_nobody(practix: Practix) -> None:
    result = await practix("trial")
    assert result.exit_code == 0
    assert "trial: the published formula" in result.stdout
    assert "would move most" not in result.stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--prior-weight", "0"), 1, "> 0"),
        (("--prior-mean", "11"), 1, "<= 10"),
        (("--prior-mean", "high"), 2, "prior-mean"),
        (("--base-url", "http://127.0.0.1:1"), 1, "no system answers"),
    ],
)
async def test_what_is_wrong_with_a_trial_is_said(
    practix: Practix, words: tuple[str, ...], status: int, said: str
) -> None:
    result = await practix("trial", *words)
    assert (result.exit_code, result.stdout) == (status, "")
    assert said in result.stderr
