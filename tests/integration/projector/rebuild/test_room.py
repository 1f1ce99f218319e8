"""A rebuild that would fill a disk is refused before anything is made."""

import os
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from contracts.errors import NoRoom
from projector.read_models.groups import GROUPS
from projector.read_models.postgres.versions import NEXT
from projector.read_models.project import TABLES
from projector.rebuild.room import Need, PostgresRoom, check_disks, require_room
from projector.service import ProjectorService
from runtime.journal.sqlite import SqliteJournal
from tests.integration.projector.rebuild.rebuilt import REBUILD, app_of, exists
from tests.servers.http_server import served

DATABASE = "SELECT pg_database_size(current_database())"
PEOPLE = "SELECT pg_total_relation_size('read_model.people')"


def free_of(directory: Path) -> int:
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def test_needs_on_one_disk_are_added_up(tmp_path: Path) -> None:
    most = free_of(tmp_path) * 3 // 5
    check_disks([Need("verify", tmp_path / "not" / "there", most)])
    with pytest.raises(NoRoom) as refused:
        check_disks([Need("verify", tmp_path, most), Need("postgres", tmp_path / "new", most)])
    facts = refused.value.facts
    assert (facts["what"], facts["needed_bytes"]) == ("postgres", 2 * most)
    assert facts["free_bytes"] < 2 * most


async def test_a_database_may_become_only_so_large(tables: asyncpg.Pool, tmp_path: Path) -> None:
    size, people = await tables.fetchval(DATABASE), await tables.fetchval(PEOPLE)
    assert people > 0
    exact = PostgresRoom(bytes_max=size + people)
    await require_room(tables, GROUPS["people"], exact, tmp_path)
    await require_room(tables, TABLES, exact, tmp_path, fills=False)
    with pytest.raises(NoRoom) as refused:
        await require_room(tables, TABLES, exact, tmp_path)
    assert refused.value.facts["free_bytes"] == people
    assert refused.value.facts["needed_bytes"] > people


async def test_no_room_is_a_problem_and_leaves_nothing(
    tables: asyncpg.Pool, postgres_dsn: str, sqlite_journal: SqliteJournal
) -> None:
    service = ProjectorService(
        sqlite_journal, tables, dsn=postgres_dsn, room=PostgresRoom(bytes_max=1)
    )
    async with (
        served(app_of(service)) as url,
        aiohttp.ClientSession(url) as session,
        session.post(REBUILD) as reply,
    ):
        problem = await reply.json()
    assert (reply.status, problem["code"], problem["what"]) == (507, "no_room", "postgres")
    assert problem["free_bytes"] == 0 < problem["needed_bytes"]
    assert not await exists(tables, NEXT)
