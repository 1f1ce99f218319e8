"""Opens both adapters of the port to ClickHouse, for tests that must hold on each."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.port import Analytics, Quota
from runtime.clickhouse.server import ServerAnalytics

ENGINES: Final = ("server", "chdb")

Open = Callable[[], Analytics]


def opener(request: pytest.FixtureRequest, path: Path, quota: Quota = Quota()) -> Open:  # noqa: B008
    """Return a function that opens the same empty database every time. For fixtures with
    `params=ENGINES`.

    Call it from a fixture that is no coroutine: it may have to start the server.
    """
    if request.param == "server":
        dsn = request.getfixturevalue("clickhouse_dsn")
        # A quota of the test's own takes the place of the shipped account's.
        own_quota = quota != Quota()
        analyst = None if own_quota else request.getfixturevalue("clickhouse_analyst_dsn")
        return lambda: ServerAnalytics(dsn, analyst_dsn=analyst, quota=quota)
    return lambda: ChdbAnalytics(path / "chdb", quota=quota)
