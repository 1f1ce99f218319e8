"""Each request has one span, which tells what its line in the log tells."""

import re
from typing import Final

import pytest
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Forbidden
from runtime.front.request_spans import OTHER_METHOD
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.limits.callers import authenticate
from runtime.logs.lines import PRIVATE_ROUTES, PROBES
from runtime.service.app import ServiceApp
from runtime.traces.context import current_traceparent, is_sampled
from tests.log_lines import PSEUDONYMS
from tests.servers.asgi import call
from tests.servers.front_app import TrustingVerifier, make_front_app
from tests.span_collector import collect_spans, parent_of, told_by, trace_of, traceparent_of

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT: Final = f"00-{TRACE}-00f067aa0ba902b7-01"
PERSON: Final = "0a000000-0000-4000-8000-000000000001"
BATCH: Final = "/internal/commands/batch"
THING: Final = "0b000000-0000-4000-8000-000000000002"


def build(seen: list[str]) -> ServiceApp:
    """Return an app that notes the trace that its handlers work for."""
    app = make_front_app()
    app.router.route_class = ApiRoute

    async def answer(_: Request) -> Response:
        seen.append(current_traceparent())
        return json_response({})

    @app.get("/thing/{thing_id}")
    async def direct(request: Request) -> Response:
        await authenticate(request, TrustingVerifier(PERSON))
        return await answer(request)

    @app.get("/page/{thing_id}")
    async def page(thing_id: str) -> str:
        seen.append(current_traceparent())
        return thing_id

    @app.get("/refused")
    async def refused(_: Request) -> Response:
        raise Forbidden

    @app.get("/mistake")
    async def mistake(_: Request) -> Response:
        raise ValueError("Kanarienvogel")

    for route in (*PRIVATE_ROUTES, *PROBES, BATCH):
        app.add_api_route(route, answer, methods=["GET"])
    return app


async def test_a_request_has_a_span_in_its_clients_trace() -> None:
    seen: list[str] = []
    with collect_spans() as read:
        reply = await call(build(seen), "GET", f"/thing/{THING}", [("traceparent", CLIENT)])
        (span,) = read()
    assert (span.name, span.kind.name) == ("GET /thing/{thing_id}", "SERVER")
    assert (trace_of(span), parent_of(span, [])) == (TRACE, "00f067aa0ba902b7")
    assert told_by(span) == {
        "http.request.method": "GET",
        "http.route": "/thing/{thing_id}",
        "http.response.status_code": 200,
        "enduser.pseudo.id": PSEUDONYMS.replace(PERSON),
    }
    assert seen == [traceparent_of(span)]
    assert reply.headers["x-request-id"] == TRACE


async def test_a_trace_that_begins_here_has_the_request_id_of_the_answer() -> None:
    with collect_spans() as read:
        for headers in ([], [("X-Request-ID", TRACE)]):
            reply = await call(build([]), "GET", f"/page/{THING}", headers)
            assert trace_of(read()[-1]) == reply.headers["x-request-id"]
        assert [one.parent for one in read()] == [None, None]
    assert trace_of(read()[-1]) == TRACE


@pytest.mark.parametrize(
    ("method", "target", "name", "status", "failed"),
    [
        ("GET", f"/page/{THING}", "GET /page/{thing_id}", 200, False),
        ("HEAD", f"/page/{THING}", "HEAD /page/{thing_id}", 200, False),
        ("GET", "/refused", "GET /refused", 403, False),
        ("GET", "/mistake", "GET /mistake", 500, True),
        ("GET", f"/{THING}", "GET", 404, False),
        ("KANARIENVOGEL", "/refused", "HTTP /refused", 405, False),
    ],
)
async def test_a_span_is_named_after_its_route(
    method: str, target: str, name: str, status: int, failed: bool
) -> None:
    with collect_spans() as read:
        try:
            await call(build([]), method, target)
        except ValueError:
            assert failed
        (span,) = read()
    told = told_by(span)
    assert (span.name, told["http.response.status_code"]) == (name, status)
    assert span.status.is_ok != failed
    assert told["http.request.method"] == (method if name.startswith(method) else OTHER_METHOD)
    assert not re.search(f"{THING}|kanarienvogel", span.to_json(), re.IGNORECASE)


async def test_a_trace_that_the_client_does_not_record_has_no_span() -> None:
    seen: list[str] = []
    with collect_spans() as read:
        await call(build(seen), "GET", f"/thing/{THING}", [("traceparent", f"{CLIENT[:-2]}00")])
        assert read() == ()
    assert not is_sampled(seen[0])
    assert TRACE in seen[0]


@pytest.mark.parametrize("route", sorted({BATCH, *PROBES, *PRIVATE_ROUTES}))
async def test_nothing_of_a_private_request_or_a_probe_is_recorded(route: str) -> None:
    """Nor of what it causes: the trace is handed on as one that nobody records."""
    seen: list[str] = []
    with collect_spans() as read:
        reply = await call(
            build(seen), "GET", route.replace("{user_id}", PERSON), [("traceparent", CLIENT)]
        )
        assert read() == ()
    assert reply.status == 200
    assert [is_sampled(one) for one in seen] == [False]
    assert reply.headers["x-request-id"] == TRACE


async def test_without_spans_a_request_is_answered_as_ever() -> None:
    seen: list[str] = []
    reply = await call(build(seen), "GET", f"/thing/{THING}", [("traceparent", CLIENT)])
    assert reply.headers["x-request-id"] == TRACE
    assert not is_sampled(seen[0])
