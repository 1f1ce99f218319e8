"""The session of a dispatcher, on a connection that breaks while it is opened."""

from typing import Any, cast

import asyncpg
import pytest

from notifier.store.session import LeaseSession
from runtime.postgres.tables import TablesUnavailable


class ConnectionTakenAway:
    """A connection that the server closed, and that the pool took away at once."""

    async def fetchval(self, *_: Any) -> Any:
        raise asyncpg.ConnectionDoesNotExistError("closed in the middle of operation")

    async def execute(self, *_: Any) -> str:
        raise asyncpg.InterfaceError("connection has been released back to the pool")

    def terminate(self) -> None:
        raise asyncpg.InterfaceError("connection has been released back to the pool")


class PoolOfBroken:
    async def acquire(self, **_: Any) -> ConnectionTakenAway:
        return ConnectionTakenAway()

    async def release(self, _: ConnectionTakenAway) -> None:
        pass


async def test_a_server_that_ends_while_the_lock_is_taken_is_away() -> None:
    session = LeaseSession(cast(asyncpg.Pool, PoolOfBroken()))
    with pytest.raises(TablesUnavailable):
        await session.open()
    assert not session.is_open
