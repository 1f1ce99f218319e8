"""Each service has a role of its own in PostgreSQL, and can do its own work and no other."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from contracts.scoring import Formula
from projector.read_models.postgres.at_rest import DiskCleaner
from projector.read_models.postgres.recompute import publish_formula
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.versions import NEXT, make_next, switch_to
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import MIGRATIONS, migrate
from runtime.postgres.pools import open_pool
from runtime.postgres.read_models import ShapePlace, list_places, read_shape
from runtime.postgres.rewriting import renew_write_ahead_log
from runtime.postgres.roles import SERVICES, dsn_of_role, grant_roles
from tests.cells.projector_cell import follow, read_rows
from tests.histories.erased_life import erase_anna, live_until_erasure
from tests.histories.random_people import live_until_rated
from tests.integration.projector.shapes.builds import make_shape, running_build
from tests.waiting import POLL_S, WITHIN_S

PASSWORDS = {service: f"{service}'s own password" for service in SERVICES}
POSITION = "SELECT seq FROM read_model.reader_position"
SCORES = "SELECT count(*) FROM read_model.scores"
NOTICES = "SELECT count(*) FROM notifier.notices"
FORBIDDEN = {
    "projector": [NOTICES, "DROP SCHEMA notifier CASCADE"],
    "notifier": [POSITION, "DROP SCHEMA read_model CASCADE", "CREATE SCHEMA mine"],
    "query_api": [
        NOTICES,
        "DELETE FROM read_model.people",
        "CREATE TABLE read_model.mine ()",
        "CREATE SCHEMA mine",
    ],
}
"""What a service must not do to the others' tables. Only the projector makes schemas: a rebuild
fills one beside the live one."""

FOR_NOBODY = (
    "CREATE TABLE public.mine ()",
    "CREATE ROLE mine",
    "DELETE FROM public.schema_migrations",
    "DROP TABLE public.read_models",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY read_model.people TO PROGRAM 'id'",
    "SELECT rolpassword FROM pg_authid",
    "ALTER SYSTEM SET fsync = off",
)


@pytest.fixture
async def owner(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(postgres_dsn)
    await grant_roles(pool, PASSWORDS)
    yield pool
    pool.terminate()


@pytest.fixture
async def pools(owner: asyncpg.Pool, postgres_dsn: str) -> AsyncIterator[dict[str, asyncpg.Pool]]:
    found = {
        service: await open_pool(dsn_of_role(postgres_dsn, service, PASSWORDS[service]))
        for service in SERVICES
    }
    yield found
    for pool in found.values():
        pool.terminate()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_cannot_do_what_is_not_its_work(
    pools: dict[str, asyncpg.Pool], service: str
) -> None:
    for statement in (*FORBIDDEN[service], *FOR_NOBODY):
        with pytest.raises(
            (asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)
        ):
            await pools[service].execute(statement)


async def test_the_query_service_cannot_write_even_if_it_asks_to(
    pools: dict[str, asyncpg.Pool],
) -> None:
    async with pools["query_api"].acquire() as connection:
        await connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM read_model.people")


async def test_a_changed_formula_leaves_scores_that_can_be_read(
    pools: dict[str, asyncpg.Pool], sqlite_journal: SqliteJournal
) -> None:
    """The projector puts a new table in the place of the old one."""
    chain = live_until_rated(300).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(pools["projector"]), chain.seq)
    before = await pools["query_api"].fetchval(SCORES)
    assert await publish_formula(pools["projector"], Formula(prior_weight=1.0))
    assert await pools["query_api"].fetchval(SCORES) == before > 0
    assert await read_rows(pools["query_api"])


async def test_the_projector_takes_texts_of_the_erased_off_the_disk(
    pools: dict[str, asyncpg.Pool], sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_erasure()
    erase_anna(chain)
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(pools["projector"]), chain.seq)
    async with asyncio.timeout(WITHIN_S):
        while not await DiskCleaner(pools["projector"]).clean():
            await asyncio.sleep(POLL_S)
    assert await renew_write_ahead_log(pools["projector"])
    assert await renew_write_ahead_log(pools["notifier"])
    assert not await renew_write_ahead_log(pools["query_api"])
    assert await read_rows(pools["query_api"])


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_finds_nothing_to_migrate_starts(
    pools: dict[str, asyncpg.Pool], service: str
) -> None:
    assert await migrate(pools[service]) == []
    # Nor is anything to migrate while a projector catches the read models up.
    await pools["projector"].execute("UPDATE public.read_models SET ready_at = NULL")
    assert await migrate(pools[service]) == []


async def test_only_the_owner_migrates(
    pools: dict[str, asyncpg.Pool], owner: asyncpg.Pool, tmp_path: Path
) -> None:
    (tmp_path / "9999_more.sql").write_text("CREATE TABLE notifier.more (x integer);")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await migrate(pools["projector"], tmp_path)
    await migrate(owner, tmp_path)
    await grant_roles(owner, PASSWORDS)
    await pools["notifier"].execute("INSERT INTO notifier.more VALUES (1)")


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("service", SERVICES)
async def test_a_role_bounds_its_statements_and_idle_transactions(
    postgres_dsn: str, service: str
) -> None:
    """Also those of a service that sets no bounds itself."""
    connection = await asyncpg.connect(dsn_of_role(postgres_dsn, service, PASSWORDS[service]))
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        set_to = await connection.fetchval(f"SELECT current_setting('{name}')::interval")
        assert timedelta(0) < set_to <= timedelta(minutes=30), name
    await connection.close()


async def test_the_query_service_reads_what_people_may_fetch_of_their_own(
    pools: dict[str, asyncpg.Pool],
) -> None:
    for view in ("own_notices", "own_notice_causes", "own_preferences"):
        assert await pools["query_api"].fetch(f"SELECT * FROM notifier.{view}") == []


async def test_the_projector_reads_of_the_notifiers_what_it_copies_and_no_more(
    pools: dict[str, asyncpg.Pool],
) -> None:
    for view, rows in {"notices_to_copy": 0, "clicks_to_copy": 0, "epoch_to_copy": 1}.items():
        assert len(await pools["projector"].fetch(f"SELECT * FROM notifier.{view}")) == rows
    for table in ("notices", "people", "clicks"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pools["projector"].fetch(f"SELECT * FROM notifier.{table}")


async def test_a_role_has_a_bounded_number_of_connections(owner: asyncpg.Pool) -> None:
    limits = await owner.fetch(
        "SELECT rolconnlimit FROM pg_roles WHERE rolname LIKE 'practix\\_%' AND NOT rolsuper"
    )
    assert len(limits) == len(SERVICES)
    assert all(0 < row["rolconnlimit"] <= 50 for row in limits)


async def test_another_role_does_not_know_the_way_in(
    owner: asyncpg.Pool, postgres_dsn: str
) -> None:
    await owner.execute("CREATE ROLE practix_stranger LOGIN PASSWORD 'a stranger'")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(dsn_of_role(postgres_dsn, "stranger", "a stranger"))
    finally:
        await owner.execute("DROP ROLE practix_stranger")


async def test_rebuilt_tables_can_be_read(
    pools: dict[str, asyncpg.Pool], sqlite_journal: SqliteJournal
) -> None:
    chain = live_until_rated(300).chain
    await chain.write_to(sqlite_journal)
    await follow(sqlite_journal, PostgresSink(pools["projector"]), chain.seq)
    before = await read_rows(pools["query_api"])
    await make_next(pools["projector"], read_shape(MIGRATIONS))
    await switch_to(pools["projector"], NEXT)
    assert await pools["query_api"].fetchval(SCORES) == 0
    await follow(sqlite_journal, PostgresSink(pools["projector"]), chain.seq)
    assert await read_rows(pools["query_api"]) == before


async def test_the_projector_makes_tables_of_another_shape_that_the_query_service_reads(
    owner: asyncpg.Pool,
    postgres_dsn: str,
    pools: dict[str, asyncpg.Pool],
    sqlite_journal: SqliteJournal,
    tmp_path: Path,
) -> None:
    chain = live_until_rated(100).chain
    await chain.write_to(sqlite_journal)
    shape = make_shape(tmp_path / "newer")
    people = f"SELECT count(*) FROM {shape.schema}.people"
    dsn = dsn_of_role(postgres_dsn, "projector", PASSWORDS["projector"])
    async with asyncio.timeout(WITHIN_S), running_build(sqlite_journal, dsn, shape) as new:
        await new.until_ready()
        assert await pools["query_api"].fetchval(people) > 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pools["notifier"].fetchval(people)
        await grant_roles(owner, PASSWORDS)
        assert await pools["query_api"].fetchval(people) > 0
        await new.pool.execute("DELETE FROM public.read_models WHERE shape = 'nobody'")
    assert await list_tables(pools["query_api"]) == await list_tables(pools["notifier"])


async def list_tables(pool: asyncpg.Pool) -> list[ShapePlace]:
    async with pool.acquire() as connection:
        return await list_places(connection)
