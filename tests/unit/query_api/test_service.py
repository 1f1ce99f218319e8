"""What a query process serves, and when it says that it is ready."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import query_api
from contracts.shared_rules import SharedRules
from query_api.service import QueryService
from runtime.auth.operators import OperatorGuard

PACKAGE = Path(query_api.__path__[0])
UNUSED: Any = None
GUARD = OperatorGuard("the operator's secret of the tests")
ANALYTICS: Any = object()


def service_with(
    *, guard: OperatorGuard | None = None, analysts: Any = None, watches: list[Any] | None = None
) -> QueryService:
    given = [] if watches is None else watches
    verifier: Any = SimpleNamespace(refuse_suspended=given.append)
    pool: Any = SimpleNamespace(get_max_size=lambda: 3)
    return QueryService(
        pool=pool,
        verifier=verifier,
        movies=UNUSED,
        ugc=UNUSED,
        shortener=UNUSED,
        clock=UNUSED,
        feed_secret="unused",
        guard=guard,
        analytics=analysts,
        analysts=analysts,
        rules=SharedRules(),
        cell_zone=UNUSED,
    )


def paths_of(service: QueryService) -> set[str]:
    return {route.path for router in service.routers for route in router.routes}  # type: ignore[attr-defined]


async def test_it_is_not_ready_before_it_knows_who_is_suspended() -> None:
    watches: list[Any] = []
    service = service_with(watches=watches)
    assert service.readiness()["suspensions"] is False
    (watch,) = watches
    watch._suspended = frozenset()
    assert service.readiness()["suspensions"] is True


async def test_analysts_are_served_with_a_history_and_an_operator_token() -> None:
    served = paths_of(service_with(guard=GUARD, analysts=ANALYTICS))
    assert {"/api/v1/operator/ask", "/api/v1/operator/export", "/analyst"} <= served


@pytest.mark.parametrize(("guard", "analysts"), [(None, ANALYTICS), (GUARD, None)])
async def test_without_either_no_route_is_for_analysts(
    guard: OperatorGuard | None, analysts: Any
) -> None:
    served = paths_of(service_with(guard=guard, analysts=analysts))
    assert served
    of_operators = {path for path in served if path.startswith("/api/v1/operator/")}
    lists = {"/api/v1/operator/reports", "/api/v1/operator/acts"}
    assert of_operators == (lists if guard else set())


async def test_no_router_is_forgotten() -> None:
    building = [path for path in PACKAGE.rglob("*.py") if "def build_router(" in path.read_text()]
    served = service_with(guard=GUARD, analysts=ANALYTICS).routers
    assert len(building) == len(served) > 10
