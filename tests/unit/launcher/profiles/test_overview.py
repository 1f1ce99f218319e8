"""The gateway of the profile `servers` on all processes at once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from launcher.profiles.gateway import build_gateway
from tests.servers.http_server import served

NOBODY = "http://127.0.0.1:1"

Client = aiohttp.ClientSession


def figures(outcomes: dict[str, int]) -> bytes:
    """As a process of ours tells them."""
    registry = CollectorRegistry()
    counter = Counter("outcomes", "answered \\ commands", ["code"], registry=registry)
    for code, count in outcomes.items():
        counter.labels(code).inc(count)
    Gauge("memory_bytes", "of the process", registry=registry).set(1.5e9)
    return generate_latest(registry)


def process(ready: dict[str, object], metrics: bytes, path: str) -> web.Application:
    async def readyz(_: web.Request) -> web.Response:
        return web.json_response(ready, status=200 if ready["ready"] else 503)

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=metrics)

    async def openapi(_: web.Request) -> web.Response:
        paths: dict[str, object] = {path: {"get": {}}}
        return web.json_response({"openapi": "3.1.0", "info": {}, "paths": paths})

    app = web.Application()
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show)
    app.router.add_get("/api/openapi.json", openapi)
    return app


def broken(status: int, body: str) -> web.Application:
    """Answer so, whatever it is asked."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, status=status)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return app


@pytest.fixture
def processes() -> dict[str, web.Application]:
    return {
        "query_api": process({"ready": True, "tables": True}, figures({"read": 3}), "/read"),
        "command_api": process(
            {"ready": True, "leading": "yes"}, figures({"confirmed": 2, "full": 1}), "/write"
        ),
        "neighbours": process({"ready": True}, figures({}), "/films"),
    }


@pytest.fixture
async def gateway(processes: dict[str, web.Application]) -> AsyncIterator[Client]:
    """What no test adds to `processes` is down."""
    async with AsyncExitStack() as stack:
        addresses = dict.fromkeys(("projector", "notifier"), NOBODY)
        for name, app in processes.items():
            server = await stack.enter_async_context(TestServer(app))
            addresses[name] = str(server.make_url("")).rstrip("/")
        session = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        gateway = build_gateway(addresses, session)
        url = await stack.enter_async_context(served(gateway))
        yield await stack.enter_async_context(aiohttp.ClientSession(url))


@pytest.fixture
def all_up(processes: dict[str, web.Application]) -> None:
    processes["projector"] = process({"ready": True, "journal": True}, figures({}), "/verify")
    processes["notifier"] = process({"ready": True, "position": 7}, figures({}), "/notices")


@pytest.fixture
def projector_behind(processes: dict[str, web.Application], all_up: None) -> None:
    processes["projector"] = process({"ready": False, "journal": False}, figures({}), "/verify")


@pytest.fixture(
    params=[
        (500, "Internal Server Error"),
        (503, '{"code": "unavailable", "status": 503}'),
        (503, "[]"),
        (503, "upstream is away"),
        (404, '{"ready": true}'),
    ],
    ids=str,
)
def notifier_broken(
    request: pytest.FixtureRequest, processes: dict[str, web.Application], all_up: None
) -> None:
    processes["notifier"] = broken(*request.param)


@pytest.fixture
def all_down(processes: dict[str, web.Application]) -> None:
    processes.clear()


@pytest.mark.usefixtures("all_up")
async def test_all_ready_is_ready_and_says_of_what(gateway: Client) -> None:
    answer = await gateway.get("/readyz")
    assert (answer.status, await answer.json()) == (
        200,
        {
            "ready": True,
            "command_api.leading": "yes",
            "query_api.tables": True,
            "projector.journal": True,
            "notifier.position": 7,
            "neighbours.ready": True,
        },
    )


async def test_a_process_that_is_down_makes_the_system_unready(gateway: Client) -> None:
    answer = await gateway.get("/readyz")
    checks = await answer.json()
    assert answer.status == 503
    assert {name for name, value in checks.items() if value is False} == {
        "ready",
        "projector.answers",
        "notifier.answers",
    }


@pytest.mark.usefixtures("projector_behind")
async def test_one_unready_process_makes_the_system_unready(gateway: Client) -> None:
    answer = await gateway.get("/readyz")
    assert (answer.status, (await answer.json())["projector.journal"]) == (503, False)


async def test_figures_of_all_processes_stand_apart_under_one_heading(gateway: Client) -> None:
    answer = await gateway.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    text = await answer.text()
    families = list(text_string_to_metric_families(text))
    assert len(families) == len({family.name for family in families})
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }
    confirmed = ("outcomes_total", ("code", "confirmed"), ("process", "command_api"))
    assert samples[confirmed] == 2
    assert samples[("outcomes_total", ("code", "read"), ("process", "query_api"))] == 3
    assert samples[("memory_bytes", ("process", "neighbours"))] == 1.5e9
    assert samples[("gateway_process_answers", ("process", "query_api"))] == 1
    assert samples[("gateway_process_answers", ("process", "projector"))] == 0
    assert text.count("# TYPE outcomes_total counter") == 1


async def test_the_document_shows_whatever_answers(gateway: Client) -> None:
    document = await (await gateway.get("/api/openapi.json")).json()
    assert set(document["paths"]) == {"/read", "/write", "/films"}


@pytest.mark.usefixtures("notifier_broken")
async def test_what_only_says_that_it_is_broken_does_not_answer(gateway: Client) -> None:
    ready = await gateway.get("/readyz")
    assert (ready.status, (await ready.json())["notifier.answers"]) == (503, False)
    figures_of_all = await (await gateway.get("/metrics")).text()
    assert 'gateway_process_answers{process="notifier"} 0.0' in figures_of_all
    document = await (await gateway.get("/api/openapi.json")).json()
    assert set(document["paths"]) == {"/read", "/write", "/films", "/verify"}


@pytest.mark.usefixtures("all_down")
async def test_without_any_process_there_is_no_document(gateway: Client) -> None:
    answer = await gateway.get("/api/openapi.json")
    assert (answer.status, (await answer.json())["code"]) == (503, "unavailable")
    for path, status in (("/readyz", 503), ("/metrics", 200)):
        async with gateway.get(path) as answer:
            assert answer.status == status
