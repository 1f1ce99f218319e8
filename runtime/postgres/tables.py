"""Connections to our tables in PostgreSQL, and the one place that classifies its errors.

An error means one of three things. The tables are *away*: waiting helps, and the reason is
a code of `Away`. The tables *refuse* the rows: nothing of them was written. Anything else is
a mistake of ours and is passed on.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, Literal

import asyncpg
from asyncpg.pool import PoolConnectionProxy

ACQUIRE_TIMEOUT_S: Final = 10.0

ALLOW_COMPUTING: Final = "SET LOCAL idle_in_transaction_session_timeout = '30min'"
"""For a transaction that computes between two statements."""

Away = Literal[
    "unreachable", "overloaded", "read_only", "no_database", "access_denied", "not_migrated"
]
"""Why the tables are away: what a person has to mend, if anything."""

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
    # Not migrated yet: whoever starts first does it, or the owner, if roles may not.
    asyncpg.UndefinedTableError: "not_migrated",
    asyncpg.InvalidSchemaNameError: "not_migrated",
    # A migration ran between the preparation of a statement and its use.
    asyncpg.InvalidCachedStatementError: "not_migrated",
    asyncpg.OutdatedSchemaCacheError: "not_migrated",
    asyncpg.InsufficientResourcesError: "overloaded",
    asyncpg.TransactionRollbackError: "overloaded",
    asyncpg.ObjectNotInPrerequisiteStateError: "overloaded",
    asyncpg.IdleInTransactionSessionTimeoutError: "overloaded",
    asyncpg.QueryCanceledError: "overloaded",  # It took too long; before its parent class.
    asyncpg.PostgresConnectionError: "unreachable",
    asyncpg.OperatorInterventionError: "unreachable",
    asyncpg.PostgresSystemError: "unreachable",
    # asyncpg itself, about a connection that ended in the middle of something: closed, or
    # answered by a dying server with what does not belong to the question.
    asyncpg.InterfaceError: "unreachable",
    asyncpg.InternalClientError: "unreachable",
    OSError: "unreachable",
    TimeoutError: "unreachable",
    EOFError: "unreachable",
}
_AWAY_ERRORS: Final = tuple(_AWAY)


class TablesUnavailable(Exception):
    """Not usable now; trying again later is worth it. A write may or may not have happened."""

    def __init__(self, message: str, reason: Away = "unreachable") -> None:
        super().__init__(message)
        self.reason: Away = reason


class RowsRefused(Exception):
    """The tables cannot hold what they were given. Nothing of it was written."""


class Fenced(Exception):
    """Somebody else moved the position: this reader must write nothing more."""


def why_away(error: BaseException) -> Away | None:
    """The reason if this error of asyncpg or the network means that the tables are away."""
    return next((reason for kind, reason in _AWAY.items() if isinstance(error, kind)), None)


@asynccontextmanager
async def acquire_connection(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    """Raises TablesUnavailable and RowsRefused; anything else is a mistake of ours."""
    with translate_postgres_errors():
        connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
    try:
        with translate_postgres_errors():
            try:
                yield connection
            except asyncpg.InternalClientError:
                connection.terminate()  # What it would say next belongs to nobody.
                raise
            except TimeoutError:
                # A link that has gone silent takes every open connection with it: to find that
                # out one by one would take the whole pool's number of timeouts.
                with suppress(asyncpg.InterfaceError):  # Whoever used it has done so already.
                    connection.terminate()
                await pool.expire_connections()
                raise
    finally:
        # What had to be done is done, or has failed: a connection that breaks now is closed
        # by the pool, and changes neither.
        with suppress(*_AWAY_ERRORS):
            await pool.release(connection)


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    async with acquire_connection(pool) as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def trial(pool: asyncpg.Pool) -> AsyncIterator[PoolConnectionProxy]:
    """As `transaction`, and nothing of it stays."""
    async with acquire_connection(pool) as connection:
        tried = connection.transaction()
        await tried.start()
        try:
            yield connection
        finally:
            await tried.rollback()


@contextmanager
def translate_postgres_errors() -> Iterator[None]:
    """As `acquire_connection`, around what is done with a connection that is there."""
    try:
        yield
    except _REFUSED as error:
        raise RowsRefused(str(error)) from error
    except _AWAY_ERRORS as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # The end of the connection hid the cancellation, which must not get lost.
            raise asyncio.CancelledError from error
        reason = why_away(error)
        assert reason is not None
        raise TablesUnavailable(f"{type(error).__name__}: {error}", reason) from error
