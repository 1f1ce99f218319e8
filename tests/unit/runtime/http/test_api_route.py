"""Every API route of every process: its declared parameters, and what all of them refuse."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from launcher.openapi import start_apps
from runtime.http.api_route import ApiRoute
from tests.servers.asgi import call

API: tuple[str, ...] = ("/api/v1/", "/neighbours/", "/internal/")
JSON = ("Content-Type", "application/json")


class RouteOfProcess(NamedTuple):
    process: str
    app: FastAPI
    method: str
    path: str
    declared: frozenset[str] | None
    """None for a route that declares nothing to `ApiRoute`."""

    @property
    def target(self) -> str:
        return re.sub(r"{\w+}", "1", re.sub(r"{\w+:uuid}", str(UUID(int=1)), self.path))


def routes_of(process: str, app: FastAPI) -> Iterator[RouteOfProcess]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Mount):
            continue
        declared = route.query_names if isinstance(route, ApiRoute) else None
        for method in sorted(context.methods or ()):
            yield RouteOfProcess(process, app, method, str(context.path), declared)


@pytest.fixture
async def served() -> AsyncIterator[list[RouteOfProcess]]:
    async with start_apps() as apps:
        yield [route for name, app in apps.items() for route in routes_of(name, app)]


@pytest.fixture
def api(served: list[RouteOfProcess]) -> list[RouteOfProcess]:
    return [one for one in served if one.path.startswith(API)]


async def test_every_api_route_refuses_a_parameter_that_it_does_not_declare(
    api: list[RouteOfProcess],
) -> None:
    assert len(api) > 50
    for one in api:
        for name in ("unknown", "Dry_Run", "DRY_RUN", "dryrun", "Limit", "resaon"):
            answer = await call(one.app, one.method, f"{one.target}?{name}=true")
            assert (answer.status, answer.json["code"]) == (422, "malformed_query"), one
            assert answer.json["parameter"] == name
            assert answer.json["reason"] == "unknown"


async def test_every_api_route_refuses_a_parameter_that_comes_twice(
    api: list[RouteOfProcess],
) -> None:
    for one in api:
        for name in one.declared or ():
            answer = await call(one.app, one.method, f"{one.target}?{name}=1&{name}=1")
            assert (answer.status, answer.json["code"]) == (422, "malformed_query"), one
            assert answer.json["reason"] == "repeated"


async def test_the_declared_parameters_are_those_of_the_document(api: list[RouteOfProcess]) -> None:
    for one in api:
        documented = one.app.openapi()["paths"].get(one.path, {}).get(one.method.lower())
        if documented is None or one.declared is None:
            continue
        named = {p["name"] for p in documented.get("parameters", []) if p["in"] == "query"}
        assert named == one.declared, one


def test_only_pages_declare_nothing(served: list[RouteOfProcess]) -> None:
    assert not [one for one in served if one.declared is None and one.path.startswith(API)]


def test_every_read_takes_a_position_and_every_write_a_trial(api: list[RouteOfProcess]) -> None:
    for one in api:
        if one.declared is None or not one.path.startswith("/api/v1/"):
            continue
        if one.method == "GET":
            assert "min_position" in one.declared, one
        elif "/operator/" not in one.path or one.process == "notifier":
            assert "dry_run" in one.declared, one


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "If-Match"])
async def test_every_api_route_refuses_a_header_that_comes_twice(
    api: list[RouteOfProcess], name: str
) -> None:
    for one in api:
        answer = await call(one.app, one.method, one.target, [(name, "a"), (name, "a")])
        assert (answer.status, answer.json["code"]) == (400, "malformed_header"), one
        assert (answer.json["header"], answer.json["reason"]) == (name, "repeated")


async def test_every_api_route_refuses_an_encoded_body(api: list[RouteOfProcess]) -> None:
    for one in api:
        headers = [JSON, ("Content-Encoding", "gzip")]
        answer = await call(one.app, one.method, one.target, headers, b"{}")
        assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type"), one


@pytest.mark.parametrize("query", ["reason=%ff", "reason=%C3%28", "reason=\xe9"])
async def test_a_query_that_is_no_text_is_refused(api: list[RouteOfProcess], query: str) -> None:
    (cancel,) = (
        one
        for one in api
        if (one.method, one.path) == ("DELETE", "/api/v1/announcement/{announcement_id}")
    )
    answer = await call(cancel.app, "DELETE", f"{cancel.target}?{query}")
    assert (answer.status, answer.json["code"]) == (422, "malformed_query")


async def test_a_slash_too_many_leads_nowhere(served: list[RouteOfProcess]) -> None:
    for one in served:
        answer = await call(one.app, one.method, f"{one.target}/")
        assert answer.status == 404, one
        assert "location" not in answer.headers


async def test_every_405_names_the_methods_that_the_address_knows(
    served: list[RouteOfProcess],
) -> None:
    for one in served:
        answer = await call(one.app, "PATCH", one.target)
        assert answer.status == 405, one
        known = {
            other.method
            for other in served
            if other.process == one.process and _leads_to(other.path, one.target)
        }
        assert one.method in known
        expected = known | ({"HEAD"} if "GET" in known else set())
        assert set(answer.headers["allow"].split(", ")) == expected, one


def _leads_to(path: str, target: str) -> bool:
    pattern = re.sub(r"{\w+}", "[^/]+", re.sub(r"{\w+:uuid}", "[0-9a-f-]{36}", path))
    return re.fullmatch(pattern, target) is not None
