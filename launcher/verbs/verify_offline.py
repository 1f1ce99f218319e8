"""`practix verify --offline`: verifies the data of an embedded system that is stopped."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any

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
from runtime.postgres.migrations import MIGRATIONS, missing_migrations
from runtime.postgres.pools import open_pool
from runtime.postgres.read_models import find_place, read_shape
from runtime.postgres.tables import (
    TablesUnavailable,
    acquire_connection,
    translate_postgres_errors,
)
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
            schema = await _find_tables(postgres.dsn, data)
            pool = await open_pool(postgres.dsn, find_schema=lambda: schema)
            stack.callback(pool.terminate)
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


async def _find_tables(dsn: str, data: DataDirectory) -> str:
    """Return the schema of the read models. Raises TablesUnavailable if migrations are missing,
    or if there are no read models of this version.

    Called before the history is opened, which would migrate its own tables.
    """
    pool = await open_pool(dsn, size_max=1)
    try:
        with translate_postgres_errors():
            missing = await missing_migrations(pool)
        async with acquire_connection(pool) as connection:
            place = await find_place(connection, read_shape(MIGRATIONS).name)
    finally:
        pool.terminate()
    if missing or place is None or not place.ready:
        lacking = ", ".join(missing or ["its read models"])
        raise TablesUnavailable(
            f"the tables in {data.path} are older than this version (without {lacking}): "
            "start the system once (`practix run`), then verify"
        )
    return place.schema


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
