"""Opens both adapters of the port to ClickHouse, for tests that must hold on each."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from clickhouse_driver import Client

from runtime.clickhouse.chdb import ANALYSTS_DATABASE, ChdbAnalytics
from runtime.clickhouse.port import Analytics, Quota
from runtime.clickhouse.server import (
    ANALYSTS_SUFFIX,
    ServerAnalytics,
    database_of,
    in_database,
    open_analysts_database,
)

ENGINES: Final = ("server", "chdb")

Open = Callable[[], Analytics]


class Databases(NamedTuple):
    """The two databases of one engine."""

    history: Analytics
    analysts: Analytics

    async def close(self) -> None:
        await self.analysts.close()
        await self.history.close()


def opener(request: pytest.FixtureRequest, path: Path, quota: Quota = Quota()) -> Open:  # noqa: B008
    """Return a function that opens the same empty database every time, the one that questions
    may read. For fixtures with `params=ENGINES`.

    Call it from a fixture that is no coroutine: it may have to start the server.
    """
    if request.param == "server":
        history = request.getfixturevalue("clickhouse_dsn")
        name = database_of(history) + ANALYSTS_SUFFIX
        _create_database(history, name)
        dsn = in_database(history, name)
        # A quota of the test's own takes the place of the shipped account's.
        own_quota = quota != Quota()
        analyst = None if own_quota else request.getfixturevalue("clickhouse_analyst_dsn")
        return lambda: ServerAnalytics(dsn, analyst_dsn=analyst, quota=quota)
    return lambda: ChdbAnalytics(path / "chdb", quota=quota)


def opener_of_both(request: pytest.FixtureRequest, path: Path) -> Callable[[], Databases]:
    """Return a function that opens the history and the analysts' database, as the services do.
    For fixtures as `opener`."""
    if request.param == "server":
        dsn = request.getfixturevalue("clickhouse_dsn")
        analyst = request.getfixturevalue("clickhouse_analyst_dsn")
        return lambda: Databases(ServerAnalytics(dsn), open_analysts_database(dsn, analyst))
    return lambda: Databases(
        ChdbAnalytics(path / "clickhouse"),
        ChdbAnalytics(path / ANALYSTS_DATABASE, database=ANALYSTS_DATABASE),
    )


def _create_database(dsn: str, name: str) -> None:
    client = Client.from_url(dsn)
    client.execute(f"CREATE DATABASE {name}")
    client.disconnect()
