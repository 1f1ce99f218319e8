"""What the integration tests of the projector stand on."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from runtime.journals.sqlite import SqliteJournal
from runtime.postgres import migrate, open_pool


@pytest.fixture
async def tables(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A database with our tables, all of them empty."""
    pool = await open_pool(postgres_dsn)
    await migrate(pool)
    yield pool
    pool.terminate()


@pytest.fixture
async def sqlite_journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    """An empty journal."""
    journal = SqliteJournal(tmp_path / "journal.db")
    yield journal
    await journal.close()
