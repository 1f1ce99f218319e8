"""A direct route gives the answer that FastAPI would give, to any request at all."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext

import pytest
from fastapi import APIRouter, Depends
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import DependencyDown, Forbidden, NotFound, TooLarge, Unauthenticated
from contracts.values.ids import PersonId
from launcher.openapi import start_apps
from runtime.front.direct_routes import DirectRoutes
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response, read_json_body
from runtime.http.methods import is_head
from runtime.http.negotiation import language_of
from runtime.http.parameters import (
    DRY_RUN,
    describe_parameters,
    idempotency_key_of,
    is_dry_run,
    path_id,
)
from runtime.limits.limiter import Limiter, admit
from runtime.limits.settings import AddressLimits, PersonLimits, RateLimits
from runtime.service.app import ServiceApp, make_app
from tests.servers.asgi import AsgiAnswer, Headers, call
from tests.servers.front_app import make_front_app

ID = "11111111-1111-4111-8111-111111111111"
ORIGIN = "https://app.example"
TRIAL = {"parameters": describe_parameters(DRY_RUN)}
ERRORS: dict[str, type[Exception] | Exception] = {
    "forbidden": Forbidden,
    "missing": NotFound,
    "nobody": Unauthenticated,
    "away": DependencyDown("auth"),
    "large": TooLarge,
    "framework": HTTPException(415, headers={"X-Own": "1"}),
    "framework-404": HTTPException(404),
    "bug": ValueError("a secret"),
}


def build(limits: RateLimits) -> ServiceApp:
    app = make_app(
        "PRACTIX", lambda _: nullcontext(), Limiter(limits, lambda: 1_000.0), origins=[ORIGIN]
    )
    router = APIRouter(prefix="/api/v1", route_class=ApiRoute)

    @router.get("/thing/fixed")
    async def fixed(request: Request) -> Response:
        return json_response({"fixed": is_head(request)})

    @router.post("/thing/{thing_id}", openapi_extra=TRIAL)
    async def change(request: Request) -> Response:
        admit(request, PersonId("anna"))
        thing_id = path_id(request, "thing_id")
        if (error := ERRORS.get(request.headers.get("x-fail", ""))) is not None:
            raise error
        body = await read_json_body(request)
        told = {
            "id": thing_id,
            "key": idempotency_key_of(request),
            "dry": is_dry_run(request),
            "body": body,
            "accepted": language_of(request),
            "all": sorted(request.headers.items()),
        }
        return json_response(told, 201, {"X-Position": "7"})

    @router.get("/thing/{thing_id}")
    async def page(request: Request) -> Response:
        return HTMLResponse(path_id(request, "thing_id"), headers={"Vary": "Accept"})

    @router.get("/thing/{thing_id}/part/{part_id}")
    async def parts(request: Request) -> StreamingResponse:
        async def stream() -> AsyncIterator[bytes]:
            yield path_id(request, "part_id").encode()
            yield b"."

        return StreamingResponse(stream())

    app.include_router(router)
    return app


class NoDirectRoutes(DirectRoutes):
    def find(self, _method: str, _path: str) -> None:
        return None


def served_by_fastapi(app: ServiceApp) -> ServiceApp:
    """Return the app after no route of it is direct any more."""
    app.front.routes = NoDirectRoutes(app, Limiter(RateLimits()))
    return app


UNHURRIED = RateLimits(person=PersonLimits(writes=1_000_000))
DIRECT, SLOW = build(UNHURRIED), served_by_fastapi(build(UNHURRIED))


async def both_answers(
    method: str, target: str, headers: Headers = (), body: bytes = b""
) -> tuple[AsgiAnswer, AsgiAnswer]:
    """Return the answers of the direct route and of FastAPI. The apps have had the same requests,
    each of a new client."""
    headers = [*headers, ("X-Request-ID", "a" * 32)]
    return (
        await call(DIRECT, method, target, headers, body),
        await call(SLOW, method, target, headers, body),
    )


PATHS = st.sampled_from(
    [
        f"/api/v1/thing/{ID}",
        f"/api/v1/thing/{ID.replace('1', 'a')}",
        f"/api/v1/thing/{ID.replace('1', 'A')}",
        f"/api/v1/thing/{ID}/",
        f"/api/v1//thing/{ID}",
        f"/api/v1/thing/{ID}\n",
        f"/api/v1/thing/{ID}/part/{ID}",
        f"/api/v1/thing/{ID}/part/1",
        f"/api/v1/thing/x{ID}",
        "/api/v1/thing/{id}",
        "/api/v1/thing/None",
        "/api/v1/thing/fixed",
        "/api/v1/thing/1",
        f"/{ID}",
        "/",
    ]
)
QUERIES = st.sampled_from(
    ["", "?", "?dry_run=true", "?dry_run=1", "?dry_run=true&dry_run=true", "?other=1", "?a=%ff"]
)
HEADERS = st.lists(
    st.sampled_from(
        [
            ("Authorization", "Bearer a"),
            ("Idempotency-Key", "k"),
            ("Idempotency-Key", "not a key"),
            ("Content-Type", "application/json"),
            ("Content-Type", "text/plain"),
            ("Content-Type", "application/json; charset=latin-1"),
            ("Content-Encoding", "gzip"),
            ("Content-Length", "x"),
            ("Content-Length", "0" * 5_000),
            ("Accept-Language", "ru"),
            ("Host", "evil.example"),
            ("Origin", ORIGIN),
            ("Origin", "https://evil.example"),
            ("Access-Control-Request-Method", "PUT"),
            ("X-Twice", "a"),
            ("X-Twice", "b"),
            *(("X-Fail", name) for name in ERRORS if name != "bug"),
        ]
    ),
    max_size=5,
)
BODIES = st.sampled_from([b"", b"{}", b"{", b'{"a":1,"b":{"c":1,"c":2}}', b"[" * 9_000, b"\xff"])
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS", "DELETE", "TRACE"])


@given(method=METHODS, path=PATHS, query=QUERIES, headers=HEADERS, body=BODIES)
async def test_any_request_gets_the_answer_that_fastapi_gives(
    method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    direct, slow = await both_answers(method, path + query, headers, body)
    assert direct == slow


@pytest.mark.parametrize("name", sorted(ERRORS.keys() - {"bug"}))
async def test_every_error_becomes_the_same_problem(name: str) -> None:
    direct, slow = await both_answers("POST", f"/api/v1/thing/{ID}", [("X-Fail", name)])
    assert direct == slow
    assert direct.status >= 400
    assert direct.headers["ratelimit-policy"].startswith('"writes-of-person"')


@pytest.mark.parametrize("length", ["x", "-1", "+1", "0" * 5_000], ids=lambda one: one[:2])
async def test_a_length_that_is_no_number_of_ours_is_a_problem(length: str) -> None:
    direct, slow = await both_answers("POST", f"/api/v1/thing/{ID}", [("Content-Length", length)])
    assert direct == slow
    assert (direct.status, direct.json["code"]) == (400, "malformed_header")


async def test_an_unexpected_error_is_a_problem_and_is_raised_for_the_log() -> None:
    answers = []
    for app in (build(RateLimits()), served_by_fastapi(build(RateLimits()))):

        async def watched(scope: Scope, receive: Receive, send: Send, app: ASGIApp = app) -> None:
            with pytest.raises(ValueError, match="a secret"):
                await app(scope, receive, send)

        headers = [("X-Fail", "bug"), ("X-Request-ID", "a" * 32)]
        answers.append(await call(watched, "POST", f"/api/v1/thing/{ID}", headers))
    direct, slow = answers
    assert direct == slow
    assert (direct.status, direct.json["code"]) == (500, "internal_error")
    assert b"secret" not in direct.body


@pytest.mark.parametrize("change", [lambda app: app, served_by_fastapi])
async def test_a_guesser_is_refused_either_way(change: Callable[[ServiceApp], ServiceApp]) -> None:
    app = change(build(RateLimits(address=AddressLimits(misses=1))))
    statuses = [
        (
            await call(app, "POST", f"/api/v1/thing/{ID}", [("X-Fail", "nobody")], client="::1")
        ).status
        for _ in range(3)
    ]
    assert statuses == [401, 429, 429]


async def test_an_earlier_route_that_means_the_same_path_comes_first() -> None:
    app = make_front_app()

    @app.get("/{anything}")
    async def first(anything: str) -> dict[str, str]:
        return {"first": anything}

    app.include_router(_one_route("/{thing_id}"))
    assert (await call(app, "GET", f"/{ID}")).json == {"first": ID}


async def test_a_star_in_a_path_is_no_id() -> None:
    app = make_front_app()
    app.include_router(_one_route("/thing/{thing_id}"))
    app.include_router(_one_route("/thing/{thing_id}/*"))
    assert app.front.routes.find("GET", f"/thing/{ID}")
    for path in ("/thing/*", f"/thing/*{ID}", f"/thing/*/{ID}", f"/thing/{ID}/{ID}", "/thing/*/*"):
        assert app.front.routes.find("GET", path) is None, path
    assert app.front.routes.find("GET", f"/thing/{ID}/*") is None  # FastAPI finds it.


async def test_a_route_behind_a_guard_is_not_direct() -> None:
    def guard() -> None:
        raise Forbidden

    app = make_front_app()
    app.include_router(_one_route("/thing/{thing_id}"), dependencies=[Depends(guard)])
    assert app.front.routes.find("GET", f"/thing/{ID}") is None
    assert (await call(app, "GET", f"/thing/{ID}")).status == 403


async def test_every_route_of_the_api_is_direct_if_its_parameters_are_ids() -> None:
    async with start_apps() as apps:
        for name in ("command_api", "query_api", "projector", "notifier"):
            app = apps[name]
            assert isinstance(app, ServiceApp)
            for path, operations in app.openapi()["paths"].items():
                target = re.sub(r"{\w+_id}(?=/|$)", ID, path)
                if "{" not in target and path.startswith("/api/v1/"):
                    for method in operations:
                        assert app.front.routes.find(method.upper(), target), (method, path)


async def test_the_log_in_is_direct() -> None:
    async with start_apps() as apps:
        app = apps["neighbours"]
        assert isinstance(app, ServiceApp)
        assert app.front.routes.find("POST", "/neighbours/auth/token")


def _one_route(path: str) -> APIRouter:
    router = APIRouter(route_class=ApiRoute)

    @router.get(path)
    async def second(_request: Request) -> Response:
        return json_response({"second": True})

    return router
