"""What an error of asyncpg means for the tables: away and why, refused, or our mistake."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import pytest

from runtime.postgres.tables import (
    RowsRefused,
    TablesUnavailable,
    acquire_connection,
    translate_postgres_errors,
)

AWAY = [
    (asyncpg.InternalClientError("got result for unknown protocol state 3"), "unreachable"),
    (asyncpg.InterfaceError("connection is closed"), "unreachable"),
    (asyncpg.CannotConnectNowError("the database system is starting up"), "unreachable"),
    (asyncpg.AdminShutdownError("terminating connection"), "unreachable"),
    (asyncpg.CrashShutdownError("terminating connection"), "unreachable"),
    (asyncpg.ConnectionDoesNotExistError("connection was closed"), "unreachable"),
    (asyncpg.ConnectionFailureError("server closed the connection"), "unreachable"),
    (ConnectionResetError(104, "reset by peer"), "unreachable"),
    (ConnectionRefusedError(111, "refused"), "unreachable"),
    (BrokenPipeError(32, "broken pipe"), "unreachable"),
    (TimeoutError(), "unreachable"),
    (asyncio.IncompleteReadError(b"", 1), "unreachable"),
    (asyncpg.TooManyConnectionsError("sorry, too many clients"), "overloaded"),
    (asyncpg.DiskFullError("no space left"), "overloaded"),
    (asyncpg.DeadlockDetectedError("deadlock"), "overloaded"),
    (asyncpg.LockNotAvailableError("lock timeout"), "overloaded"),
    (asyncpg.ReadOnlySQLTransactionError("cannot execute UPDATE"), "read_only"),
    (asyncpg.InvalidCatalogNameError("no such database"), "no_database"),
    (asyncpg.InvalidPasswordError("password"), "access_denied"),
    (asyncpg.InsufficientPrivilegeError("permission denied"), "access_denied"),
    (asyncpg.UndefinedTableError("no such table"), "not_migrated"),
]


@pytest.mark.parametrize(("error", "reason"), AWAY, ids=[type(error).__name__ for error, _ in AWAY])
async def test_a_server_that_cannot_be_used_is_away_with_a_reason(
    error: Exception, reason: str
) -> None:
    with pytest.raises(TablesUnavailable) as raised, translate_postgres_errors():
        raise error
    assert raised.value.reason == reason


@pytest.mark.parametrize("error", [asyncpg.UniqueViolationError("key"), asyncpg.DataError("x")])
def test_rows_that_the_tables_cannot_hold_are_refused(error: Exception) -> None:
    with pytest.raises(RowsRefused), translate_postgres_errors():
        raise error


@pytest.mark.parametrize("error", [asyncpg.PostgresSyntaxError("x"), KeyError("x")])
def test_a_mistake_of_ours_is_passed_on(error: Exception) -> None:
    with pytest.raises(type(error)), translate_postgres_errors():
        raise error


class BreakingPool:
    """A pool whose connection breaks whatever is done with it, its return included."""

    def __init__(self) -> None:
        self.terminated = 0

    async def acquire(self, *, timeout: float) -> "BreakingPool":
        return self

    async def release(self, _connection: "BreakingPool") -> None:
        raise asyncpg.InternalClientError("got result for unknown protocol state 0")

    def terminate(self) -> None:
        self.terminated += 1

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            raise asyncpg.InterfaceError("cannot call ROLLBACK: connection is closed")


def pool_of(breaking: BreakingPool) -> Any:
    return cast(Any, breaking)


async def test_work_that_was_done_is_not_undone_by_the_return_of_its_connection() -> None:
    async with acquire_connection(pool_of(BreakingPool())) as connection:
        assert connection is not None


async def test_a_connection_that_is_confused_is_not_used_again() -> None:
    breaking = BreakingPool()
    with pytest.raises(TablesUnavailable):
        async with acquire_connection(pool_of(breaking)):
            raise asyncpg.InternalClientError("got result for unknown protocol state 3")
    assert breaking.terminated == 1


async def test_a_cancellation_is_not_lost_in_the_end_of_a_connection() -> None:
    async def work() -> None:
        async with (
            acquire_connection(pool_of(BreakingPool())) as connection,
            connection.transaction(),
        ):
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
