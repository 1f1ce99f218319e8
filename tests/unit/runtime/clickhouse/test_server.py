"""Which connections a server's adapter keeps."""

import asyncio
from types import SimpleNamespace
from typing import Any, Self

import pytest

from runtime.clickhouse import server
from runtime.clickhouse.server import READERS, ServerAnalytics


class FakeClient:
    """A connection that answers every query with no rows."""

    opened: int = 0

    def __init__(self) -> None:
        self.connection = SimpleNamespace(socket=None)
        self.used = False

    @classmethod
    def from_url(cls, _dsn: str) -> Self:
        return cls()

    def execute(self, *_: Any, **__: Any) -> tuple[list[Any], list[Any]]:
        if not self.used:
            self.used = True
            FakeClient.opened += 1
        return [], []

    def disconnect(self) -> None:
        if self.used:
            self.used = False
            FakeClient.opened -= 1


async def test_a_burst_of_queries_leaves_no_more_connections_than_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "Client", FakeClient)
    monkeypatch.setattr(FakeClient, "opened", 0)
    analytics = ServerAnalytics("clickhouse://nowhere/history")
    await asyncio.gather(*[analytics.query("SELECT 1") for _ in range(50)])
    assert 1 <= FakeClient.opened <= READERS
    await analytics.close()
    assert FakeClient.opened == 0
