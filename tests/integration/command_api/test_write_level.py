"""A new type of event is recorded only at a level that says that every process can read it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from command_api.domain import decide
from command_api.domain.rules import Rules
from contracts.write_levels import TYPES, demand_level
from tests.cells.command_cell import CommandCell, command_cell, evening
from tests.cells.http_reply import HttpReply
from tests.paths import ROOT
from tests.waiting import WITHIN_S

NEW: Final = tuple(name for name in TYPES if name.startswith("report."))
"""The newest family. In these tests it comes with level 2, and the older build does not know it."""
LEVEL_1, LEVEL_2 = Rules(write_level=1), Rules(write_level=2)
KEY: Final = "one-report"


@pytest.fixture(autouse=True)
def _reports_came_with_level_2(monkeypatch: pytest.MonkeyPatch) -> None:
    types = {**TYPES, **dict.fromkeys(NEW, 2)}
    monkeypatch.setattr(decide, "demand_level", partial(demand_level, types=types))


async def report(cell: CommandCell, token: str, person_id: str) -> HttpReply:
    body = {"kind": "person", "id": person_id, "reason": "rude"}
    return await cell.send("POST", "/api/v1/report", token, body, Idempotency_Key=KEY)


async def announce(cell: CommandCell, token: str) -> str:
    made = await cell.do("POST", f"/announcement/{cell.movie_id}", token, evening())
    announcement_id: str = made.body["id"]
    return announcement_id


class OlderBuild:
    """What an older build beside this one says of itself."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return what it says once that `holds`."""
        assert self._process.stdout is not None
        async with asyncio.timeout(WITHIN_S):
            while line := await self._process.stdout.readline():
                state: dict[str, Any] = json.loads(line)
                if holds(state):
                    return state
        raise AssertionError("the older build has ended")


@asynccontextmanager
async def older_build(journal: Path, own: Path, dsn: str) -> AsyncIterator[OlderBuild]:
    own.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.command_api.older_build"),
        *(str(journal), str(own), dsn, ",".join(NEW)),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    try:
        yield OlderBuild(process)
    finally:
        process.kill()
        await process.wait()


async def test_an_older_build_beside_this_one_never_meets_a_type_that_it_does_not_know(
    tmp_path: Path, postgres_dsn: str
) -> None:
    async with (
        command_cell(tmp_path, rules=LEVEL_1) as cell,
        older_build(tmp_path, tmp_path / "older", postgres_dsn) as older,
    ):
        anna, _ = await cell.person("anna")
        _, boris_id = await cell.person("boris")
        refused = await report(cell, anna, boris_id)
        assert refused.status == 503
        assert refused.body["code"] == "not_enabled_yet"
        assert (refused.body["write_level"], refused.body["needed_level"]) == (1, 2)
        await announce(cell, anna)
        end = (await cell.commits())[-1].seq
        assert {commit.command.kind for commit in await cell.commits()}.isdisjoint({"report.make"})

        state = await older.until(lambda state: state["projector"]["position"] >= end)
        assert state["command_api"]["failure"] is None
        state = await older.until(lambda state: state["command_api"]["caught_up"])
        assert state["command_api"]["running"]

    # All processes are of this build now; the level is raised.
    async with command_cell(tmp_path, rules=LEVEL_2) as cell:
        anna, _ = await cell.person("anna")
        made = await report(cell, anna, boris_id)
        assert made.status == 201
        assert "Idempotent-Replay" not in made.headers


async def test_an_older_build_that_meets_one_stops_or_parks_its_key(
    tmp_path: Path, postgres_dsn: str, tables: asyncpg.Pool
) -> None:
    """The level was raised too early."""
    async with (
        command_cell(tmp_path, rules=LEVEL_2) as cell,
        older_build(tmp_path, tmp_path / "older", postgres_dsn) as older,
    ):
        anna, _ = await cell.person("anna")
        _, boris_id = await cell.person("boris")
        assert (await report(cell, anna, boris_id)).status == 201
        announcement_id = await announce(cell, anna)
        end = (await cell.commits())[-1].seq

        state = await older.until(lambda state: state["command_api"]["failure"] is not None)
        assert "report.made.v1" in state["command_api"]["failure"]
        assert not state["command_api"]["running"]

        state = await older.until(lambda state: state["projector"]["position"] >= end)
        assert state["projector"]["failure"] is None
        parked = await tables.fetch("SELECT type, key FROM read_model.dead_letters")
        assert [tuple(row) for row in parked] == [("report.made.v1", None)]
        assert await tables.fetchval("SELECT count(*) FROM read_model.reports") == 0
        found = await tables.fetchval("SELECT announcement_id::text FROM read_model.announcements")
        assert found == announcement_id
