"""Each request has one line, which tells what was asked and answered, and nothing of anybody."""

import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec
import pytest
from msgspec import Struct
from prometheus_client import REGISTRY
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from command_api.domain.person.commands import BlockPerson, MuteAuthor, UnblockPerson, UnmuteAuthor
from contracts.errors import Forbidden
from contracts.journal.records import CommandInfo, Commit, Outcome
from runtime.http.api_route import ApiRoute
from runtime.http.json_body import json_response
from runtime.limits.callers import authenticate
from runtime.logs.lines import (
    LINES,
    LINES_OF_NOBODY_PER_MINUTE,
    MINUTE_S,
    PRIVATE_ROUTES,
    Allowance,
)
from runtime.service.app import ServiceApp
from runtime.traces.context import make_traceparent
from tests.log_lines import PSEUDONYMS, collect_lines, read_line
from tests.paths import API_DOCUMENT
from tests.servers.asgi import call
from tests.servers.front_app import TrustingVerifier, make_front_app

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
PERSON: Final = "0a000000-0000-4000-8000-000000000001"
THING: Final = "0b000000-0000-4000-8000-000000000002"
TRACEPARENT: Final = make_traceparent(TRACE)
SERVED: Final = frozenset(msgspec.json.decode(API_DOCUMENT.read_bytes())["paths"])


def build() -> ServiceApp:
    app = make_front_app()
    app.router.route_class = ApiRoute

    @app.get("/thing/{thing_id}")
    async def direct(request: Request) -> Response:
        await authenticate(request, TrustingVerifier(PERSON))
        return json_response({}, headers={"X-Position": "17"})

    @app.get("/page/{thing_id}", response_class=HTMLResponse)
    async def page(thing_id: str) -> str:
        return thing_id

    @app.get("/plain")
    async def plain(_: Request) -> Response:
        return json_response({})

    @app.get("/refused")
    async def refused(_: Request) -> Response:
        raise Forbidden

    @app.get("/mistake")
    async def mistake(_: Request) -> Response:
        raise ValueError("Kanarienvogel")

    @app.get("/healthz")
    async def probe(_: Request) -> Response:
        return json_response({})

    return app


async def test_a_request_has_one_line(tmp_path: Path) -> None:
    with collect_lines(tmp_path) as read:
        answer = await call(build(), "GET", f"/thing/{THING}")
        (line,) = read()
    assert line.pop("at").endswith("Z")
    assert 0 < line.pop("ms") < 10_000
    assert line == {
        "level": "info",
        "event": "request",
        "method": "GET",
        "route": "/thing/{thing_id}",
        "status": 200,
        "request_id": answer.headers["x-request-id"],
        "person": PSEUDONYMS.replace(PERSON),
        "position": 17,
    }


@pytest.mark.parametrize(
    ("target", "route", "status", "level"),
    [
        (f"/page/{THING}", "/page/{thing_id}", 200, "info"),
        ("/plain", "/plain", 200, "info"),
        ("/refused", "/refused", 403, "info"),
        (f"/{THING}", "unknown", 404, "info"),
    ],
)
async def test_whoever_answers_there_is_one_line(
    target: str, route: str, status: int, level: str, tmp_path: Path
) -> None:
    with collect_lines(tmp_path) as read:
        await call(build(), "GET", target)
        (line,) = read()
    assert (line["route"], line["status"], line["level"]) == (route, status, level)
    assert "person" not in line


@pytest.mark.parametrize("route", sorted(PRIVATE_ROUTES))
def test_whom_somebody_keeps_away_is_asked_without_a_trace(route: str, tmp_path: Path) -> None:
    assert route in SERVED
    with collect_lines(tmp_path, logging.DEBUG) as read:
        for status in (200, 409, 504):
            LINES.add_request("PUT", route, status, perf_counter(), TRACEPARENT, PERSON, 17)
        lines = read()
    assert [line["status"] for line in lines] == [409, 504]
    assert not any({"person", "position"} & set(line) for line in lines)


@pytest.mark.parametrize("command", [MuteAuthor, UnmuteAuthor, BlockPerson, UnblockPerson])
def test_a_block_or_mute_leads_to_no_event(command: type[Struct], tmp_path: Path) -> None:
    """The history has what a block ends as ordinary answers, at their positions and times."""
    kind = str(command.__struct_config__.tag)
    with collect_lines(tmp_path, logging.DEBUG) as read:
        for refused in (False, True):
            LINES.add_command(
                kind, "x", 17, traceparent=TRACEPARENT, person_id=PERSON, refused=refused
            )
        LINES.add_written("history", [recorded(kind), recorded("booking.answer")])
        refusal, written = read()
    assert (refusal["kind"], refusal["refused"]) == (kind, True)
    assert not {"person", "position"} & set(refusal)
    assert (written["event"], written["position"]) == ("written", 7)


async def test_a_mistake_of_ours_is_an_error(tmp_path: Path) -> None:
    with collect_lines(tmp_path, logging.WARNING) as read:
        with pytest.raises(ValueError, match="Kanarienvogel"):
            await call(build(), "GET", "/mistake")
        (line,) = read()
    assert (line["status"], line["level"]) == (500, "error")


async def test_head_is_told_as_head(tmp_path: Path) -> None:
    with collect_lines(tmp_path) as read:
        await call(build(), "HEAD", f"/thing/{THING}")
        (line,) = read()
    assert (line["method"], line["status"]) == ("HEAD", 200)


async def test_a_probe_is_told_only_to_who_asks_for_it(tmp_path: Path) -> None:
    with collect_lines(tmp_path) as read:
        await call(build(), "GET", "/healthz")
        assert read() == []
    with collect_lines(tmp_path, logging.DEBUG) as read:
        await call(build(), "GET", "/healthz")
        assert [line["level"] for line in read()] == ["debug"]


async def test_a_warning_level_leaves_out_what_went_well(tmp_path: Path) -> None:
    with collect_lines(tmp_path, logging.WARNING) as read:
        await call(build(), "GET", f"/thing/{THING}")
        await call(build(), "GET", "/refused")
        assert read() == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-ID": "a" * 32}, TRACE),
        ({"X-Request-ID": TRACE}, TRACE),
        ({"X-Request-ID": "4BF92F35-77B3-4DA6-A3CE-929D0E0E4736"}, TRACE),
        ({"X-Request-ID": "Kanarienvogel"}, None),
        ({"X-Request-ID": ""}, None),
        ({"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, None),
        ({"traceparent": f"ff-{TRACE}-00f067aa0ba902b7-01"}, None),
        ({"traceparent": f"00-{TRACE}"}, None),
        ({}, None),
    ],
)
async def test_the_request_id_is_the_clients_if_it_is_an_id(
    headers: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    with collect_lines(tmp_path) as read:
        answer = await call(build(), "GET", "/plain", list(headers.items()))
        (line,) = read()
    found = line["request_id"]
    assert answer.headers["x-request-id"] == found
    assert re.fullmatch("[0-9a-f]{32}", found)
    assert expected is None or found == expected


async def test_what_a_module_says_of_a_request_has_its_id() -> None:
    app = make_front_app()
    said: list[dict[str, Any]] = []

    @app.get("/says")
    async def says(_: Request) -> Response:
        said.append(read_line("said"))
        return json_response({})

    assert "request_id" not in read_line("said")
    await call(app, "GET", "/says", [("X-Request-ID", TRACE)])
    assert said[0]["request_id"] == TRACE


def test_a_sample_is_the_same_requests_for_all(tmp_path: Path) -> None:
    kept = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        with collect_lines(folder, success_share=0.25) as read:
            for request in range(4_000):
                add_request(200, request)
            add_request(503, 4_000)
            add_request(404, 4_001)
            kept.append([line["request_id"] for line in read()])
    assert kept[0] == kept[1]
    assert 800 < len(kept[0]) < 1_200
    assert {id_of(4_000), id_of(4_001)} <= set(kept[0])


def id_of(request: int) -> str:
    return f"{request * 2_654_435_761:032x}"


def add_request(status: int, request: int, person_id: str = "") -> None:
    traceparent = make_traceparent(id_of(request))
    LINES.add_request("GET", "/", status, perf_counter(), traceparent, person_id, None)


@pytest.mark.parametrize("status", [421, 429])
def test_what_was_turned_away_at_the_door_is_told_only_to_who_asks_for_it(
    status: int, tmp_path: Path
) -> None:
    with collect_lines(tmp_path) as read:
        add_request(status, 1)
        assert read() == []
    with collect_lines(tmp_path, logging.DEBUG) as read:
        add_request(status, 1)
        assert [line["level"] for line in read()] == ["debug"]


@pytest.mark.parametrize("status", [400, 401, 404, 499])
def test_nobody_can_fill_a_disk_with_refusals(status: int, tmp_path: Path) -> None:
    before = lost_to_the_limit()
    with collect_lines(tmp_path) as read:
        for request in range(LINES_OF_NOBODY_PER_MINUTE + 50):
            add_request(status, request)
        add_request(status, 100_000, PERSON)
        add_request(200, 100_001)
        add_request(503, 100_002)
        lines = read()
    assert len(lines) == LINES_OF_NOBODY_PER_MINUTE + 3
    assert [line["status"] for line in lines[-3:]] == [status, 200, 503]
    assert lost_to_the_limit() - before == 50


def test_the_next_minute_has_lines_again() -> None:
    now = 0.0
    allowance = Allowance(2, lambda: now)
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    now = MINUTE_S
    assert [allowance.take() for _ in range(3)] == [True, True, False]


def lost_to_the_limit() -> float:
    return REGISTRY.get_sample_value("practix_log_lines_lost_total", {"reason": "limit"}) or 0.0


def recorded(kind: str) -> Commit:
    command = CommandInfo("c", kind, PERSON, "", "", traceparent=TRACEPARENT)
    return Commit(1, 7, "", datetime(2026, 3, 1, tzinfo=UTC), command, Outcome("x"))
