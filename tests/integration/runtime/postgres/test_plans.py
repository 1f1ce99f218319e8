"""Plans of writers, whose statements stay prepared while their tables grow from nothing."""

from asyncpg.pool import PoolConnectionProxy

from runtime.postgres.pools import open_pool

ROWS = 2_000


async def test_a_statement_that_was_planned_for_an_empty_table_does_not_read_a_full_one(
    bare_postgres_dsn: str,
) -> None:
    pool = await open_pool(bare_postgres_dsn, size_max=1)
    try:
        await pool.execute("CREATE TABLE grown (id bigint PRIMARY KEY, kind text NOT NULL)")
        await pool.execute("ANALYZE grown")
        async with pool.acquire() as connection:
            for _ in range(10):
                assert await fetch_some(connection) == 0
            await connection.execute(
                "INSERT INTO grown SELECT id, 'any' FROM generate_series(1, $1) id", ROWS
            )
            async with connection.transaction():
                assert await fetch_some(connection) == 2
                read = await connection.fetchval(
                    "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'grown'"
                )
        assert read == 0
    finally:
        await pool.close()


async def fetch_some(connection: PoolConnectionProxy) -> int:
    """Return how many rows are found by two keys, through a statement that stays prepared."""
    return len(await connection.fetch("SELECT kind FROM grown WHERE id = ANY($1)", [1, ROWS]))
