"""`practix verify --offline`: the data directory of an embedded system that is stopped."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from launcher.data_directory import DataDirectory
from launcher.servers.postgres import PostgresServer
from projector.sinks.postgres import PostgresSink
from projector.verify import verify
from runtime.journals.sqlite import SqliteJournal
from runtime.postgres import open_pool


async def verify_offline(data: DataDirectory) -> AsyncIterator[dict[str, Any]]:
    """The lines of `verify`. Raises DataInUse while a system runs there, ServerError."""
    data.occupy()
    try:
        async with PostgresServer(data.path / "postgres") as postgres:
            pool = await open_pool(postgres.dsn)
            journal = SqliteJournal(data.journal_path)
            async with (
                PostgresSink(pool).snapshot() as snapshot,
                aclosing(verify(journal, snapshot)) as lines,
            ):
                async for line in lines:
                    yield line
            await journal.close()
            pool.terminate()
    finally:
        data.vacate()
