"""A build that needs read models of another shape fills them beside those of the build before."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from prometheus_client import REGISTRY

from contracts.errors import AlreadyRunning
from projector.proof.scratch.checkpoints import VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.versions import Versions
from projector.rebuild.room import PostgresRoom
from projector.shapes import own_shape
from projector.shapes.own_shape import OwnShape
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import MIGRATIONS, migrate
from runtime.postgres.pools import READ_MODEL
from runtime.postgres.read_models import BEFORE, BuildShape, ShapePlace, note_ready
from runtime.postgres.tables import TablesUnavailable
from tests.cells.projector_cell import commit_stored, fold_rows, read_letters, read_rows
from tests.histories.chain import Chain
from tests.histories.random_people import RandomPeople
from tests.integration.projector.dead_letters.older_build import older_build
from tests.integration.projector.held_journal import AwayJournal
from tests.integration.projector.rebuild.rebuilt import exists, rebuilt
from tests.integration.projector.shapes.builds import (
    FILLS_THE_DISK,
    OURS,
    SPOILS_NAMES,
    Build,
    find_places,
    make_shape,
    running_build,
)
from tests.older_build import teleported
from tests.paths import ROOT
from tests.waiting import WITHIN_S

OPERATIONS: Final = ROOT / "docs" / "operations.md"
SPOILT: Final = "SELECT count(*) FROM {}.people WHERE name = 'Spoilt'"
SCRIPT: Final = "tests.integration.projector.shapes.fill_until_killed"
POINTS: Final = (
    "shape 1 begun",  # The tables are made,
    "shape 1 done",
    "indexes 1 done",  # and filled without their indexes,
    "rows 1 begun",
    "rows 1 done",
    "indexes 2 begun",  # which are made again.
    "shape 1 begun",  # They may be read.
    "shape 1 done",
)
"""Each is a point of another process, which goes on where the one before was killed."""
HAS_INDEX: Final = "SELECT to_regclass($1 || '.people_by_shoes') IS NOT NULL"
UNSPOIL: Final = """
    UPDATE {kept}.people kept SET name = live.name
    FROM {live}.people live WHERE live.person_id = kept.person_id
"""


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    """No test waits longer than this for anything."""
    async with asyncio.timeout(2 * WITHIN_S):
        yield


@pytest.fixture
def shape(tmp_path: Path) -> BuildShape:
    """That of a newer build."""
    return make_shape(tmp_path / "newer")


@pytest.fixture
async def chain(sqlite_journal: SqliteJournal) -> Chain:
    """A history of which the journal has the first half."""
    chain = RandomPeople(3).live(200).chain
    await chain.write_to(sqlite_journal, 0, half_of(chain))
    return chain


@pytest.fixture
async def old(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain
) -> AsyncIterator[Build]:
    """A projector of this build, which has followed the journal."""
    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        await build.until_ready()
        await build.until_at(half_of(chain))
        yield build


def half_of(chain: Chain) -> int:
    return len(chain.payloads) // 2


async def test_both_builds_follow_the_journal_each_into_its_own_tables(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, shape: BuildShape
) -> None:
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()
        assert await find_places(new.pool) == {
            OURS.name: ShapePlace(OURS.name, READ_MODEL, ready=True),
            shape.name: ShapePlace(shape.name, shape.schema, ready=True),
        }
        assert await new.pool.fetch("SELECT shoe_size FROM people LIMIT 1")
        await chain.write_to(sqlite_journal, half_of(chain))
        for build, name in ((old, OURS.name), (new, shape.name)):
            await build.until_at(chain.seq)
            assert build.service.active
            assert REGISTRY.get_sample_value("read_models_followed", {"shape": name}) == 1
            assert await read_rows(build.pool) == fold_rows(chain)


async def test_a_position_wakes_only_those_who_read_the_same_tables(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    chain: Chain,
    shape: BuildShape,
) -> None:
    told: dict[str, list[Any]] = {"projected": [], f"projected {shape.schema}": []}

    def note(*notice: Any) -> None:
        told[notice[2]].append(notice[3])

    async with (
        running_build(sqlite_journal, postgres_dsn, shape) as new,
        tables.acquire() as listening,
    ):
        await new.until_ready()
        for channel in told:
            await listening.add_listener(channel, note)
        await chain.write_to(sqlite_journal, half_of(chain))
        while str(chain.seq) not in told[f"projected {shape.schema}"]:
            await asyncio.sleep(0.01)
        assert told["projected"] == []
        for channel in told:
            await listening.remove_listener(channel, note)


async def test_tables_that_differ_from_the_journal_are_never_ready(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, tmp_path: Path
) -> None:
    wrong = make_shape(tmp_path / "wrong", SPOILS_NAMES)
    async with running_build(sqlite_journal, postgres_dsn, wrong) as new:
        await new.until_phase("different")
        readiness = new.service.readiness()
        assert (readiness["read_models"], readiness["tables"]) == (False, False)
        assert "go back to the build before" in readiness["filling"]["problem"]
        assert not (await find_places(new.pool))[wrong.name].ready
        await chain.write_to(sqlite_journal, half_of(chain))
        await old.until_at(chain.seq)
        assert old.service.ready


async def test_more_parked_events_than_in_the_other_tables_are_a_difference(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, shape: BuildShape
) -> None:
    with older_build(lambda fields: fields["type"].startswith("booking.")):
        async with running_build(sqlite_journal, postgres_dsn, shape) as new:
            await new.until_phase("different")
            assert await read_letters(old.pool) == []


async def test_as_many_parked_events_as_in_the_other_tables_are_none(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, shape: BuildShape
) -> None:
    await chain.write_to(sqlite_journal, half_of(chain))
    announcement_id = next(iter(fold_rows(chain)["announcements"]))
    commit_stored(chain, teleported(str(announcement_id)))
    await chain.write_to(sqlite_journal)
    await old.until_at(chain.seq)
    assert await read_letters(old.pool)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()


async def test_without_room_nothing_is_filled(
    old: Build,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    shape: BuildShape,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_shape, "RETRY_S", 0.01)
    none = PostgresRoom(bytes_max=1)
    async with running_build(sqlite_journal, postgres_dsn, shape, room=none) as new:
        await new.until_phase("no_room")
        assert not new.service.ready
        problem = new.service.readiness()["filling"]["problem"]
        assert re.fullmatch(r"postgres needs \d+ bytes and has 0; make room", problem)
        assert await new.pool.fetchval("SELECT count(*) FROM people") == 0
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()


async def test_what_cannot_be_compared_says_so(
    old: Build,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    shape: BuildShape,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    nowhere = VerifiedCheckpoints(tmp_path / "file" / "below")
    async with running_build(sqlite_journal, postgres_dsn, shape, checkpoints=nowhere) as new:
        await new.until_phase("incomparable")
        problem = new.service.readiness()["filling"]["problem"]
        assert "scratch file cannot be used" in problem
        assert str(tmp_path / "file") in problem
        assert not new.service.ready


async def test_a_comparison_waits_for_a_journal_that_is_away(
    old: Build,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    shape: BuildShape,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But not for ever."""

    def verify_without(journal: Journal, *arguments: Any, **options: Any) -> Any:
        return verify(AwayJournal(journal), *arguments, **options)

    monkeypatch.setattr(own_shape, "verify", verify_without)
    monkeypatch.setattr(own_shape, "JOURNAL_AWAY_S_MAX", 2.0)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        began_at = asyncio.get_running_loop().time()
        await new.until_phase("incomparable")
        assert asyncio.get_running_loop().time() - began_at > 2.0
        assert "no record follows seq 0" in new.service.readiness()["filling"]["problem"]


async def test_a_filling_for_which_postgresql_has_no_disk_says_so(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, tmp_path: Path
) -> None:
    shape = make_shape(tmp_path / "newer", FILLS_THE_DISK)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        while (readiness := new.service.readiness()).get("tables_away") != "overloaded":
            await asyncio.sleep(0.01)
        assert readiness["filling"]["phase"] == "fill"
        await new.pool.execute("DROP TRIGGER fill_the_disk ON people")
        await new.until_ready()
        assert "tables_away" not in new.service.readiness()


async def test_a_second_attempt_says_nothing_of_what_the_first_failed_at(
    old: Build,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may take hours, and whoever waits for it would give up."""
    go, make_ready, tried = asyncio.Event(), OwnShape.make_ready, []

    async def fail_once(own: OwnShape) -> None:
        tried.append(own)
        if len(tried) == 1:
            raise TablesUnavailable("for a moment", "unreachable")
        own.progress = {"phase": "fill", "done": 0, "of": 1}
        await go.wait()
        await make_ready(own)

    monkeypatch.setattr(OwnShape, "make_ready", fail_once)
    shape = make_shape(tmp_path / "newer")
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        while "filling" not in (readiness := new.service.readiness()):
            await asyncio.sleep(0.01)
        assert "tables_away" not in readiness
        go.set()
        await new.until_ready()


async def test_of_two_projectors_of_one_build_one_stands_by(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, shape: BuildShape
) -> None:
    async with (
        running_build(sqlite_journal, postgres_dsn, shape) as second,
        running_build(sqlite_journal, postgres_dsn, shape) as first,
    ):
        await first.until_ready()
        await second.until_ready()
        assert sorted(one.service.active for one in (first, second)) == [False, True]
        assert old.service.active
        if second.service.active:
            first, second = second, first
        await first.service.stop()
        await chain.write_to(sqlite_journal, half_of(chain))
        await second.until_at(chain.seq)
        assert second.service.active


async def test_a_standby_that_verifies_and_becomes_active_still_verifies(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain
) -> None:
    async with running_build(sqlite_journal, postgres_dsn, OURS) as second:
        await second.until_ready()
        assert not second.service.active
        async with aclosing(second.service.verify()) as lines:
            await anext(lines)
            await old.service.stop()
            await chain.write_to(sqlite_journal, half_of(chain))
            await second.until_at(chain.seq)
            with pytest.raises(AlreadyRunning, match="verify_running"):
                second.service.demand_free()
        second.service.demand_free()


async def test_to_go_back_to_the_build_before_uses_its_tables_again(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    chain: Chain,
    shape: BuildShape,
) -> None:
    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        await build.until_at(half_of(chain))
    async with running_build(sqlite_journal, postgres_dsn, shape) as build:
        await build.until_ready()
    await chain.write_to(sqlite_journal, half_of(chain))
    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        await build.until_at(chain.seq)
        await build.until_ready()
        assert await read_rows(tables) == fold_rows(chain)


async def test_tables_that_are_far_behind_are_not_read_before_they_have_caught_up(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    chain: Chain,
    shape: BuildShape,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(own_shape, "BEHIND_MAX", 5)
    reached: list[int] = []

    async def note(connection: Any, name: str, schema: str) -> None:
        reached.append(await connection.fetchval(f"SELECT seq FROM {schema}.reader_position"))
        await note_ready(connection, name, schema)

    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        await build.until_at(half_of(chain))
    await chain.write_to(sqlite_journal, half_of(chain))
    async with running_build(sqlite_journal, postgres_dsn, shape) as build:
        await build.until_ready()
        await build.until_at(chain.seq)
    monkeypatch.setattr(own_shape, "note_ready", note)
    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        while not reached:  # Until it is active, it does not know how far others are.
            await asyncio.sleep(0.01)
        await build.until_ready()
        assert reached == [chain.seq]
        assert (await find_places(tables))[OURS.name].ready
        await build.until_at(chain.seq)
        assert await read_rows(tables) == fold_rows(chain)


async def test_the_tables_of_a_build_that_knows_no_shapes_are_left_to_it(
    tables: asyncpg.Pool,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    chain: Chain,
    shape: BuildShape,
) -> None:
    await tables.execute("DROP TABLE public.read_models")
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()
        found = await find_places(tables)
        assert found[BEFORE] == ShapePlace(BEFORE, READ_MODEL, ready=True)
        assert found[shape.name].schema == shape.schema
        assert await tables.fetchval("SELECT count(*) FROM read_model.people") == 0


async def test_a_rebuild_stays_within_the_shape(
    old: Build, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain, shape: BuildShape
) -> None:
    own = Versions(shape.schema)
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()
        await new.pool.execute("UPDATE people SET name = 'Spoilt'")
        result = await rebuilt(new.service)
        assert result["switched"], result
        assert await new.pool.fetchval(SPOILT.format(own.live)) == 0
        assert await new.pool.fetchval(SPOILT.format(own.kept)) > 0
        assert await new.pool.fetch("SELECT shoe_size FROM people LIMIT 1")
        assert not await exists(new.pool, Versions(READ_MODEL).kept)
        await new.pool.execute(UNSPOIL.format(kept=own.kept, live=own.live))
        assert (await rebuilt(new.service, rolls_back=True))["switched"]
        assert (await find_places(new.pool))[shape.name].schema == own.live


async def test_dropped_tables_are_made_anew_as_the_operators_are_told(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal, chain: Chain
) -> None:
    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        await build.until_at(half_of(chain))
    await tables.execute("INSERT INTO notifier.people VALUES (gen_random_uuid(), 'A', 'ru', 'UTC')")
    (told,) = re.findall(r"```sql\n(DROP SCHEMA.*?)```", OPERATIONS.read_text(), re.DOTALL)
    await tables.execute(told)
    assert await migrate(tables, MIGRATIONS) == []
    async with running_build(sqlite_journal, postgres_dsn, OURS) as build:
        await build.until_ready()
        await build.until_at(half_of(chain))
        assert (await find_places(tables))[OURS.name].schema == OURS.schema
    assert await tables.fetchval("SELECT count(*) FROM notifier.people") == 1


async def test_who_is_killed_anywhere_goes_on(
    old: Build,
    postgres_dsn: str,
    sqlite_journal: SqliteJournal,
    chain: Chain,
    shape: BuildShape,
    tmp_path: Path,
) -> None:
    for number, point in enumerate(POINTS, 1):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", SCRIPT, str(tmp_path / "journal.db"), postgres_dsn),
            *(str(shape.directory), point),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert child.stdout is not None
        assert (await child.stdout.readline()).decode() == f"{point}\n"
        found = await find_places(old.pool)
        child.kill()
        await child.wait()
        made = found.get(shape.name)
        assert (made is not None) == (number > 1), point
        assert made is None or made.ready == (number == len(POINTS)), point
        assert old.service.ready
    async with running_build(sqlite_journal, postgres_dsn, shape) as new:
        await new.until_ready()
        await chain.write_to(sqlite_journal, half_of(chain))
        await new.until_at(chain.seq)
        assert await read_rows(new.pool) == fold_rows(chain)
        assert not await new.pool.fetch("SELECT FROM indexes_aside")
        assert await new.pool.fetchval(HAS_INDEX, shape.schema)
