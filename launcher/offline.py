"""`practix verify --offline`: the data directory of an embedded system that is stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, suppress
from pathlib import Path
from typing import Any, NoReturn

from launcher.data_directory import DataDirectory
from launcher.servers.postgres import PostgresServer
from projector.history import History
from projector.history_votes import HistoryVotes
from projector.sinks.postgres import PostgresSink
from projector.verify import verify
from runtime.clickhouse_chdb import ChdbAnalytics
from runtime.journal import Journal
from runtime.journals.sqlite import SqliteJournal
from runtime.postgres import open_pool


async def verify_offline(data: DataDirectory) -> AsyncIterator[dict[str, Any]]:
    """The lines of `verify`. Raises DataInUse while a system runs there, ServerError."""
    data.occupy()
    try:
        async with PostgresServer(data.path / "postgres") as postgres, AsyncExitStack() as stack:
            pool = await open_pool(postgres.dsn)
            stack.callback(pool.terminate)
            journal = SqliteJournal(data.journal_path)
            stack.push_async_callback(journal.close)
            votes = _votes(journal, data.path / "clickhouse", stack)
            async with (
                PostgresSink(pool).snapshot() as snapshot,
                aclosing(verify(journal, snapshot, votes)) as lines,
            ):
                async for line in lines:
                    yield line
    finally:
        data.vacate()


def _votes(journal: Journal, directory: Path, stack: AsyncExitStack) -> HistoryVotes:
    """The history, which follows: it may have been stopped some hundred milliseconds behind
    the tables."""
    analytics = ChdbAnalytics(directory)
    stack.push_async_callback(analytics.close)
    history = History(journal, analytics)
    following = asyncio.create_task(history.run(), name="history")
    stack.push_async_callback(_end, following)
    return HistoryVotes(analytics, history)


async def _end(following: asyncio.Task[NoReturn]) -> None:
    """A history that could not follow has been told of: it never came to the position."""
    following.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await following
