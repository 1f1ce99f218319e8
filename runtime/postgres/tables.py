"""Acquires connections to our tables in PostgreSQL, and classifies its errors.

An error means one of three things. The tables are *away*: waiting helps, and the reason is
one of the codes in `Away`. The tables *refuse* the rows: none of them was written. Any other
error is a mistake of ours and is passed on.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy

ACQUIRE_TIMEOUT_S: Final = 10.0

ALLOW_COMPUTING: Final = """
    SET LOCAL idle_in_transaction_session_timeout = '30min'; SET LOCAL enable_seqscan = on
"""
"""SQL for a transaction that goes through whole tables, and computes for a while between two
statements. By an index on random ids it would fetch each row from another page."""

Away = Literal[
    "unreachable", "overloaded", "read_only", "no_database", "access_denied", "not_migrated"
]
"""Why the tables are away. It tells an operator what to repair, if anything."""

_REFUSED: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
_AWAY: Final[dict[type[Exception], Away]] = {
    asyncpg.ReadOnlySQLTransactionError: "read_only",
    asyncpg.InvalidCatalogNameError: "no_database",
    asyncpg.InvalidAuthorizationSpecificationError: "access_denied",
    asyncpg.InsufficientPrivilegeError: "access_denied",
    # Not migrated yet. The service that starts first migrates, or else the owner.
    asyncpg.UndefinedTableError: "not_migrated",
    asyncpg.InvalidSchemaNameError: "not_migrated",
    # A migration ran between the preparation of a statement and its use.
    asyncpg.InvalidCachedStatementError: "not_migrated",
    asyncpg.OutdatedSchemaCacheError: "not_migrated",
    asyncpg.InsufficientResourcesError: "overloaded",
    asyncpg.TransactionRollbackError: "overloaded",
    asyncpg.ObjectNotInPrerequisiteStateError: "overloaded",
    asyncpg.IdleInTransactionSessionTimeoutError: "overloaded",
    asyncpg.QueryCanceledError: "overloaded",  # It took too long. Must precede its parent class.
    asyncpg.PostgresConnectionError: "unreachable",
    asyncpg.OperatorInterventionError: "unreachable",
    asyncpg.PostgresSystemError: "unreachable",
    # asyncpg's own errors if a connection ends in the middle of something: it was closed, or
    # a dying server answered something that does not belong to the query.
    asyncpg.InterfaceError: "unreachable",
    asyncpg.InternalClientError: "unreachable",
    OSError: "unreachable",
    TimeoutError: "unreachable",
    EOFError: "unreachable",
}
_AWAY_ERRORS: Final = tuple(_AWAY)
_ARGUMENT: Final = re.compile(r"argument \$\d+")


class TablesUnavailable(Exception):
    """The tables cannot be used now; try again later. A write may or may not have happened."""

    def __init__(self, message: str, reason: Away = "unreachable") -> None:
        super().__init__(message)
        self.reason: Away = reason


class RowsRefused(Exception):
    """The tables cannot hold the rows that they were given. None of them was written."""


class Fenced(Exception):
    """Somebody else moved the position, so this reader must not write any more."""


def why_away(error: BaseException) -> Away | None:
    """Return the reason if the error means that the tables are away; None otherwise."""
    return next((reason for kind, reason in _AWAY.items() if isinstance(error, kind)), None)


@asynccontextmanager
async def acquire_connection(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    """Hold a connection inside the `with` block. Raises TablesUnavailable and RowsRefused; any
    other error is a mistake of ours."""
    with translate_postgres_errors():
        connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
    try:
        with translate_postgres_errors():
            try:
                yield connection
            except Exception as error:
                await break_off_if_dead(pool, connection, error)
                raise
    finally:
        await give_back(pool, connection)


async def break_off_if_dead(
    pool: asyncpg.Pool, connection: PoolConnectionProxy, error: BaseException
) -> None:
    """End a connection if nothing more can be asked on it after this error."""
    if isinstance(error, asyncpg.InternalClientError):
        break_off(connection)  # Its next answer would belong to no query.
    elif isinstance(error, TimeoutError):
        break_off(connection)
        # If the network has gone silent, every open connection is dead. To find that out
        # one by one would take a timeout for each connection of the pool.
        await pool.expire_connections()


async def give_back(pool: asyncpg.Pool, connection: PoolConnectionProxy) -> None:
    """Give a connection back to the pool. The work on it is done or has failed: if it breaks
    now, the pool closes it, and nothing changes."""
    with suppress(*_AWAY_ERRORS):
        await pool.release(connection)


@asynccontextmanager
async def transaction(
    pool: asyncpg.Pool, *, dry_run: bool = False
) -> AsyncIterator[PoolConnectionProxy]:
    """Hold a connection in a transaction. With `dry_run` it is always rolled back. Raises as
    `acquire_connection` does."""
    async with acquire_connection(pool) as connection:
        if not dry_run:
            async with connection.transaction():
                yield connection
            return
        tried = connection.transaction()
        await tried.start()
        try:
            yield connection
        finally:
            await tried.rollback()


def break_off(connection: PoolConnectionProxy) -> None:
    """End a connection at once, without a word to the server. Does nothing if the pool has taken
    it away already, as it does when the server closes it."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()


@contextmanager
def translate_postgres_errors() -> Iterator[None]:
    """Translate asyncpg's errors inside the `with` block, as `acquire_connection` does."""
    try:
        yield
    except _REFUSED as error:
        raise RowsRefused(_describe_refusal(error)) from error
    except _AWAY_ERRORS as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # The connection's error hid a cancellation, which must not get lost.
            raise asyncio.CancelledError from error
        reason = why_away(error)
        assert reason is not None
        raise TablesUnavailable(f"{type(error).__name__}: {error}", reason) from error


def _describe_refusal(error: Exception) -> str:
    """Return why the tables refuse rows. PostgreSQL and asyncpg quote the rows; this does not."""
    argument = _ARGUMENT.search(str(error))
    parts = [
        type(error).__name__,
        *(getattr(error, name, None) for name in ("table_name", "column_name", "constraint_name")),
        None if argument is None else argument[0],
    ]
    return " ".join(filter(None, parts))
