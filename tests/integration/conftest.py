"""Tables, journals and cells that integration tests of several services use."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.pools import open_pool
from tests.cells.command_cell import CommandCell, command_cell
from tests.cells.read_side import ReadSide, read_side


@pytest.fixture
async def tables(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """A database with our tables, all of them empty."""
    pool = await open_pool(postgres_dsn)
    yield pool
    pool.terminate()


@pytest.fixture
async def sqlite_journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    """An empty journal."""
    journal = SqliteJournal(tmp_path / "journal.db")
    yield journal
    await journal.close()


@pytest.fixture
async def reads(postgres_dsn: str) -> AsyncIterator[ReadSide]:
    """The query API over tables that the test fills."""
    async with read_side(postgres_dsn) as found:
        yield found


@pytest.fixture
async def host(reads: ReadSide) -> str:
    return await reads.person("Anna")


@pytest.fixture
def with_history() -> None:
    """Used by tests that read the history: their cell has one, which takes longer to start than
    the rest of it. Without one, reads of the history are unavailable."""


@pytest.fixture
def has_history(request: pytest.FixtureRequest) -> bool:
    """Whether the cell of this test has a history."""
    return "with_history" in request.fixturenames


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str, has_history: bool) -> AsyncIterator[CommandCell]:
    """A cell with its read side. Tests of single services have cells of their own."""
    async with command_cell(tmp_path, postgres_dsn=postgres_dsn, history=has_history) as found:
        yield found
