"""A cluster is copied while its server works, and while it removes its write-ahead log."""

import asyncio
from pathlib import Path

import asyncpg

from launcher.servers.postgres import PostgresServer
from launcher.servers.postgres_copy import copy_cluster, restore_cluster

IN_COPYING = "SELECT count(*) FROM pg_stat_progress_basebackup"
LOG_IS_KEPT = "SELECT count(*) FROM pg_replication_slots WHERE active"


async def remove_log_until(copying: asyncio.Task[None], dsn: str) -> int:
    """Write rows and have the log behind them removed, and return how often this was done while
    the server sent its files."""
    connection = await asyncpg.connect(dsn)
    removed = 0
    try:
        while not copying.done() and not await connection.fetchval(LOG_IS_KEPT):
            await asyncio.sleep(0)
        while not copying.done():
            sending = await connection.fetchval(IN_COPYING)
            await connection.execute("INSERT INTO words VALUES ('during')")
            await connection.execute("SELECT pg_switch_wal()")
            await connection.execute("CHECKPOINT")
            removed += sending and await connection.fetchval(IN_COPYING)
    finally:
        await connection.close()
    return removed


async def test_a_copy_is_whole_whatever_checkpoints_come_meanwhile(tmp_path: Path) -> None:
    async with PostgresServer(tmp_path / "source") as server:
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("CREATE TABLE words (word TEXT)")
        await connection.execute("INSERT INTO words VALUES ('before')")
        await connection.close()
        (tmp_path / "copy").mkdir()
        copying = asyncio.create_task(copy_cluster(tmp_path / "source", tmp_path / "copy"))
        removed = await remove_log_until(copying, server.dsn)
        await copying
    assert removed > 1
    (tmp_path / "target").mkdir()
    restore_cluster(tmp_path / "copy", tmp_path / "target")
    async with PostgresServer(tmp_path / "target") as server:
        connection = await asyncpg.connect(server.dsn)
        kept = await connection.fetchval("SELECT count(*) FROM words WHERE word = 'before'")
        await connection.close()
    assert kept == 1
