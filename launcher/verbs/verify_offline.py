"""`practix verify --offline`: verifies the data of an embedded system that is stopped."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

import asyncpg

from launcher.data_directory import DataDirectory
from launcher.servers.postgres import PostgresServer
from projector.history.reader import HistoryReader
from projector.proof.history_votes import HistoryVotes
from projector.proof.scratch.checkpoints import FROM_ZERO, Start, VerifiedCheckpoints
from projector.proof.verify import verify
from projector.read_models.postgres.sink import PostgresSink
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import missing_migrations
from runtime.postgres.pools import open_pool
from runtime.postgres.tables import TablesUnavailable, translate_postgres_errors
from runtime.process.tasks import end, start_for


async def verify_offline(
    data: DataDirectory, start: Start = FROM_ZERO
) -> AsyncIterator[dict[str, Any]]:
    """Yield the lines of `verify`.

    Raises DataInUse while a system runs on the data, ServerError, and TablesUnavailable if
    the tables are older than this version.
    """
    data.occupy()
    try:
        async with PostgresServer(data.path / "postgres") as postgres, AsyncExitStack() as stack:
            pool = await open_pool(postgres.dsn)
            stack.callback(pool.terminate)
            await _require_migrated(pool, data)
            journal = SqliteJournal(data.journal_path)
            stack.push_async_callback(journal.close)
            votes = _open_votes(journal, data.path / "clickhouse", stack)
            verified = verify(
                journal,
                PostgresSink(pool),
                votes,
                checkpoints=VerifiedCheckpoints(data.verify_path),
                start=start,
            )
            async with aclosing(verified) as lines:
                async for line in lines:
                    yield line
    finally:
        data.vacate()


async def _require_migrated(pool: asyncpg.Pool, data: DataDirectory) -> None:
    """Raise TablesUnavailable if migrations are missing.

    Called before the history is opened, which would migrate its own tables.
    """
    with translate_postgres_errors():
        missing = await missing_migrations(pool)
    if missing:
        raise TablesUnavailable(
            f"the tables in {data.path} are older than this version (without "
            f"{', '.join(missing)}): start the system once (`practix run`), then verify"
        )


def _open_votes(journal: Journal, directory: Path, stack: AsyncExitStack) -> HistoryVotes:
    """Return the votes in the history, which follows the journal meanwhile.

    It may have been stopped some hundred milliseconds behind the tables.
    """
    analytics = ChdbAnalytics(directory)
    stack.push_async_callback(analytics.close)
    history = HistoryReader(journal, analytics)
    following = start_for(history.run(), "history")
    # If the history cannot follow, verify says so: its position is never reached.
    stack.push_async_callback(end, following)
    return HistoryVotes(analytics, history)
