"""Migrations: once, in order, whole or not at all, and never edited. And our types."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from runtime.migration_files import MigrationEdited
from runtime.postgres.migrations import MIGRATIONS, migrate, missing_migrations
from runtime.postgres.pools import open_pool
from tests.cells.projector_cell import uuid_text
from tests.paths import ROOT

OPERATIONS: Final = ROOT / "docs" / "operations.md"
RATED_HOST: Final = "INSERT INTO read_model.scores VALUES ($1, 8.5, 7.5, 3, 0, 0, 0, 8.5, 7.5, 3)"
EVENING: Final = """
    INSERT INTO read_model.announcements (
        announcement_id, author_id, movie_id, movie_title, movie_title_ru, duration_min, title,
        description, status, visibility, is_free, ticket_count, taken, event_time,
        event_location, hide_location, version, created, modified)
    VALUES ($1, $2, $2, 'Film', 'Фильм', 90, 'Ёлки', '', 'Alive', 'public', true, 5, 0, now(),
            'kino.ru/zal', false, 1, now(), now())
"""


@pytest.fixture
async def pool(bare_postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(bare_postgres_dsn)
    yield pool
    pool.terminate()


async def exists(pool: asyncpg.Pool, table: str) -> bool:
    return await pool.fetchval("SELECT to_regclass($1)::text", table) is not None


async def test_files_are_applied_in_order_and_once_however_many_ask(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "0002_b.sql").write_text("INSERT INTO a VALUES (1);")
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    applied = await asyncio.gather(*(migrate(pool, tmp_path) for _ in range(4)))
    assert sorted(applied) == [[], [], [], ["0001_a.sql", "0002_b.sql"]]
    assert await pool.fetchval("SELECT count(*) FROM a") == 1


async def test_what_is_missing_can_be_asked_for_without_changing_anything(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    assert await missing_migrations(pool, tmp_path) == ["0001_a.sql"]
    assert not await exists(pool, "public.schema_migrations")
    await migrate(pool, tmp_path)
    (tmp_path / "0002_b.sql").write_text("CREATE TABLE b (x integer);")
    assert await missing_migrations(pool, tmp_path) == ["0002_b.sql"]
    assert not await exists(pool, "b")


async def test_an_edited_file_is_refused_before_anything_is_applied(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    await migrate(pool, tmp_path)
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x bigint);")
    (tmp_path / "0002_b.sql").write_text("CREATE TABLE b (x integer);")
    with pytest.raises(MigrationEdited):
        await migrate(pool, tmp_path)
    assert not await exists(pool, "b")


async def test_a_failing_file_leaves_nothing_of_itself(pool: asyncpg.Pool, tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer); SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(pool, tmp_path)
    assert not await exists(pool, "a")
    (tmp_path / "0001_a.sql").write_text("CREATE TABLE a (x integer);")
    assert await migrate(pool, tmp_path) == ["0001_a.sql"]


async def test_evenings_of_before_get_their_hosts_rank_and_their_words(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    for file in MIGRATIONS.glob("000[1-5]_*.sql"):
        shutil.copy(file, tmp_path)
    await migrate(pool, tmp_path)
    await pool.execute(RATED_HOST, uuid_text(1))
    for number, host in enumerate((uuid_text(1), uuid_text(2))):
        await pool.execute(EVENING, uuid_text(10 + number), host)
    assert "0006_author_rank.sql" in await migrate(pool)
    evenings = await pool.fetch(
        """SELECT author_rank FROM read_model.announcements
           WHERE location_words @@ 'zal' AND words @@ 'елки' ORDER BY author_rank"""
    )
    assert [row["author_rank"] for row in evenings] == [0.0, 7.5]


PARKED: Final = """
    INSERT INTO read_model.dead_letters (seq, event_index, type, key, payload, reason)
    VALUES ($1, 0, $2, $3, $4, 'it cannot be held')
"""

DECIDED: Final = """
    INSERT INTO read_model.decisions (seq, decided_at, actor, kind, code, refused, facts)
    VALUES ($1, now(), 'a', 'booking.request', $2, true, $3)
"""


async def test_people_who_were_parked_for_a_nul_come_back_and_nobody_else(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0033":
            shutil.copy(file, tmp_path)
    await migrate(pool, tmp_path)
    ada, bob, cyd = (uuid_text(number) for number in (1, 2, 3))
    event = {"type": "person.seen.v1", "tz": "Asia/Tokyo"}
    for seq, person_id, name in (
        (5, ada, "Old\0"),
        (7, ada, "A\0\0da \\u0000 \\"),
        (8, bob, "Bob \\u0000"),
    ):
        payload = json.dumps(event | {"person_id": person_id, "name": name})
        await pool.execute(PARKED, seq, "person.seen.v1", person_id, payload)
    await pool.execute(PARKED, 9, "announcement.teleported.v1", cyd, '{"title":"\\u0000"}')
    await migrate(pool)
    people = await pool.fetch("SELECT person_id, name, language, tz FROM read_model.people")
    assert [tuple(row) for row in people if row["person_id"] == ada] == [
        (ada, "Ada \\u0000 \\", "ru", "Asia/Tokyo")
    ]
    keys = await pool.fetch("SELECT key FROM read_model.dead_letters ORDER BY seq")
    assert keys[-1]["key"] == cyd
    assert ada not in {row["key"] for row in keys}


async def test_titles_go_from_the_facts_of_earlier_builds(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0047":
            shutil.copy(file, tmp_path)
    await migrate(pool, tmp_path)
    times = {"event_time": "2026-03-01T19:30:00Z"}
    titled = {"conflicts": [{"announcement_id": "a", "title": "Mine", **times}, times]}
    for seq, code, facts in ((1, "overlap", titled), (2, "no_seats", {"ticket_count": 3})):
        await pool.execute(DECIDED, seq, code, facts)
    await migrate(pool)
    rows = await pool.fetch("SELECT facts FROM read_model.decisions ORDER BY seq")
    assert [row["facts"] for row in rows] == [
        {"conflicts": [{"announcement_id": "a", **times}, times]},
        {"ticket_count": 3},
    ]


async def test_the_read_models_are_made_anew_as_the_operators_are_told_and_no_notice_is_lost(
    pool: asyncpg.Pool,
) -> None:
    everything = await migrate(pool)
    await pool.execute(EVENING, uuid_text(10), uuid_text(1))
    await pool.execute("INSERT INTO notifier.people VALUES ($1, 'Ada', 'ru', 'UTC')", uuid_text(1))
    await pool.execute(
        "INSERT INTO access.uses_of_history (at, signed_by, why, sql) "
        "VALUES (now(), 'Ada', 'a complaint', 'SELECT 1')"
    )
    (told,) = re.findall(r"```sql\n(DROP SCHEMA.*?)```", OPERATIONS.read_text(), re.DOTALL)
    await pool.execute(told)
    kept = [name for name in everything if "notifier" in name or "access" in name]
    assert await migrate(pool) == [name for name in everything if name not in kept]
    assert await pool.fetchval("SELECT count(*) FROM read_model.announcements") == 0
    assert await pool.fetchval("SELECT count(*) FROM notifier.people") == 1
    assert await pool.fetchval("SELECT count(*) FROM access.uses_of_history") == 1


async def test_ids_are_text_and_json_is_values_in_both_directions(pool: asyncpg.Pool) -> None:
    row = await pool.fetchrow(
        "SELECT $1::uuid[] AS ids, $2::jsonb AS facts", [uuid_text(1)], {"a": [1, None]}
    )
    assert row is not None
    assert (row["ids"], row["facts"]) == ([uuid_text(1)], {"a": [1, None]})
