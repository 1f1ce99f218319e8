"""Connections to tables of ours in PostgreSQL, and what may go wrong with them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

ACQUIRE_TIMEOUT_S: Final = 10.0

_REFUSED: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
_UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.PostgresSystemError,
    # Not migrated yet: whoever starts first does it, or the owner, if roles may not.
    asyncpg.UndefinedTableError,
    asyncpg.InsufficientPrivilegeError,
)


class TablesUnavailable(Exception):
    """Not reachable now; trying again later is worth it. A write may or may not have
    happened."""


class RowsRefused(Exception):
    """The tables cannot hold what they were given. Nothing of it was written."""


class Fenced(Exception):
    """Somebody else moved the position: this reader must write nothing more."""


@asynccontextmanager
async def connected(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    """Raises TablesUnavailable and RowsRefused; anything else is a mistake of ours."""
    with our_errors():
        async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            yield connection


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    async with connected(pool) as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def trial(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    """As `transaction`, and nothing of it stays."""
    async with connected(pool) as connection:
        tried = connection.transaction()
        await tried.start()
        try:
            yield connection
        finally:
            await tried.rollback()


@contextmanager
def our_errors() -> Iterator[None]:
    """As `connected`, around what is done with a connection that is there."""
    try:
        yield
    except _REFUSED as error:
        raise RowsRefused(str(error)) from error
    except _UNAVAILABLE as error:
        raise TablesUnavailable(f"{type(error).__name__}: {error}") from error
