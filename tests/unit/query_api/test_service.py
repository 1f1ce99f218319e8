"""When a query process says that it is ready."""

from types import SimpleNamespace
from typing import Any

from contracts.shared_rules import SharedRules
from query_api.service import QueryService


async def test_it_is_not_ready_before_it_knows_who_is_suspended() -> None:
    watches: list[Any] = []
    verifier: Any = SimpleNamespace(refuse_suspended=watches.append)
    unused: Any = None
    service = QueryService(
        pool=unused,
        verifier=verifier,
        ugc=unused,
        clock=unused,
        feed_secret="unused",
        guard=None,
        rules=SharedRules(),
        days_of=unused,
    )
    assert service.readiness()["suspensions"] is False
    (watch,) = watches
    watch._suspended = frozenset()
    assert service.readiness()["suspensions"] is True
