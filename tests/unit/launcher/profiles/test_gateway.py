"""The gateway of the profile `servers`: who serves what, and what it says when nobody does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from launcher.profiles import gateway as gateways
from launcher.profiles.gateway import BODY_BYTES_MAX, PassedStreams, build_gateway, upstream_of
from launcher.rolling import processes
from launcher.rolling.processes import read_readiness
from runtime.event_stream import format_end
from tests.servers.http_server import served

NOBODY = "http://127.0.0.1:1"

Client = aiohttp.ClientSession


@pytest.mark.parametrize(
    ("method", "path", "upstream"),
    [
        ("POST", "/api/v1/announcement/1", "command_api"),
        ("PUT", "/api/v1/booking/1", "command_api"),
        ("DELETE", "/api/v1/booking/1", "command_api"),
        ("GET", "/api/v1/announcement/1", "query_api"),
        ("HEAD", "/api/v1/announcements", "query_api"),
        ("GET", "/api/v1/stream", "query_api"),
        ("GET", "/api/v1/announcement/1/eligibility", "command_api"),
        ("GET", "/api/v1/announcement/1/invite-links", "command_api"),
        ("DELETE", "/api/v1/announcement/1/invite-links/2", "command_api"),
        ("POST", "/api/v1/operator/verify", "projector"),
        ("POST", "/api/v1/operator/rebuild", "projector"),
        ("POST", "/api/v1/operator/journal/renewal", "command_api"),
        ("GET", "/api/v1/operator/ask", "query_api"),
        ("POST", "/api/v1/operator/ask", "query_api"),
        ("GET", "/api/v1/operator/export", "query_api"),
        ("PUT", "/api/v1/operator/ask/questions/mine", "query_api"),
        ("GET", "/analyst", "query_api"),
        ("GET", "/analyst/main.js", "query_api"),
        ("POST", "/neighbours/auth/token", "neighbours"),
        ("GET", "/s/abc", "neighbours"),
        ("GET", "/", "neighbours"),
        ("GET", "/evening/1", "neighbours"),
    ],
)
def test_each_request_has_one_process_that_serves_it(method: str, path: str, upstream: str) -> None:
    assert upstream_of(method, path) == upstream


async def echo(request: web.Request) -> web.Response:
    body = await request.text()
    text = f"{request.method} {request.raw_path} {body} {request.headers.get('Authorization')}"
    return web.Response(text=text, status=418, headers={"X-Position": "7"})


@pytest.fixture
async def gateway() -> AsyncIterator[Client]:
    """The query side echoes; all others are down."""
    upstream = web.Application()
    upstream.router.add_route("*", "/{path:.*}", echo)
    async with (
        TestServer(upstream) as server,
        in_front_of(query_api=str(server.make_url("")).rstrip("/")) as client,
    ):
        yield client


@asynccontextmanager
async def in_front_of(streams: PassedStreams | None = None, **up: str) -> AsyncIterator[Client]:
    """A client of a gateway; the processes that are not in `up` are down. The gateway's
    session has no patience of its own."""
    addresses = dict.fromkeys(("command_api", "query_api", "projector", "neighbours"), NOBODY)
    none = aiohttp.ClientTimeout(total=1e-9)
    async with aiohttp.ClientSession(timeout=none) as session:
        app = build_gateway({**addresses, **up}, session, streams=streams)
        async with served(app) as url, aiohttp.ClientSession(url) as client:
            yield client


@asynccontextmanager
async def saying(what: bytes) -> AsyncIterator[str]:
    """The address of a server that says `what` to whoever connects, and then is silent."""
    connected = set()

    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.add(writer)
        writer.write(what)
        await writer.drain()

    server = await asyncio.start_server(say, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in connected:
            writer.close()


async def ask_raw(gateway: Client, target: str) -> bytes:
    """The whole answer to a GET whose target a client would not send."""
    async with gateway.get("/healthz") as alive:
        reader, writer = await asyncio.open_connection(alive.url.host, alive.url.port)
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    return answer


async def test_request_and_answer_pass_unchanged(gateway: Client) -> None:
    path = "/api/v1/announcements?cursor=a%2Bb%2F%3D&q=%D0%9A%D0%B8%D0%BD%D0%BE"
    answer = await gateway.get(URL(path, encoded=True), headers={"Authorization": "Bearer t"})
    assert answer.status == 418
    assert answer.headers["X-Position"] == "7"
    assert await answer.text() == f"GET {path}  Bearer t"


@pytest.mark.parametrize(("method", "code"), [("POST", "outcome_unknown"), ("GET", "unavailable")])
async def test_a_process_that_is_down_is_a_problem_to_be_retried(
    gateway: Client, method: str, code: str
) -> None:
    path = "/api/v1/booking/1" if method == "POST" else "/s/abc"
    answer = await gateway.request(method, path)
    assert (answer.status, answer.content_type) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "1"
    assert (await answer.json())["code"] == code


@pytest.mark.parametrize(("method", "code"), [("POST", "outcome_unknown"), ("GET", "unavailable")])
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-", b"what?\r\n\r\n"])
async def test_a_process_that_gives_no_answer_is_a_problem_to_be_retried(
    method: str, code: str, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "SILENCE_S_MAX", 0.05)
    async with saying(said) as address, in_front_of(neighbours=address) as client:
        answer = await client.request(method, "/s/abc")
        assert (answer.status, answer.content_type) == (503, "application/problem+json")
        assert (await answer.json())["code"] == code


@pytest.mark.parametrize("path", ["ratings/trial", "ask"])
async def test_an_operator_is_kept_waiting_for_longer(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "SILENCE_S_MAX", 1e-9)
    upstream = web.Application()
    upstream.router.add_route("*", "/{path:.*}", echo)
    async with TestServer(upstream) as server:
        address = str(server.make_url("")).rstrip("/")
        async with (
            in_front_of(projector=address, query_api=address) as client,
            client.post(f"/api/v1/operator/{path}") as answer,
        ):
            assert answer.status == 418


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_if_a_process_takes_no_connection_another_one_is_asked(method: str) -> None:
    upstream = web.Application()
    upstream.router.add_route("*", "/{path:.*}", echo)
    async with TestServer(upstream) as server:
        address = str(server.make_url("")).rstrip("/")
        async with in_front_of(command_api_2=address, query_api_2=address) as client:
            for _ in "12":
                async with client.request(method, "/api/v1/schedule", data=b"{}") as answer:
                    assert answer.status == 418


@pytest.mark.parametrize(("method", "asked"), [("GET", 2), ("POST", 1), ("DELETE", 1)])
async def test_a_read_goes_on_to_a_process_that_is_ready(method: str, asked: int) -> None:
    statuses: list[int] = []

    async def answer_503_first(_: web.Request) -> web.Response:
        statuses.append(200 if statuses else 503)
        return web.Response(status=statuses[-1])

    upstream = web.Application()
    upstream.router.add_route("*", "/{path:.*}", answer_503_first)
    async with TestServer(upstream) as server:
        address = str(server.make_url("")).rstrip("/")
        first = {"command_api": address, "query_api": address}
        second = {"command_api_2": address, "query_api_2": address}
        async with (
            in_front_of(None, **first, **second) as client,
            client.request(method, "/api/v1/schedule") as answer,
        ):
            assert answer.status == statuses[-1]
    assert len(statuses) == asked


@pytest.mark.parametrize("own", [None, "a-key-of-the-client"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_command_whose_answer_is_lost_is_sent_again_with_one_key(
    method: str, own: str | None
) -> None:
    """aiohttp does so on a connection that it has kept."""
    keys: list[str | None] = []

    async def answer_or_leave(request: web.Request) -> web.Response:
        keys.append(request.headers.get("Idempotency-Key"))
        if len(keys) == 2:
            request.transport.close()  # type: ignore[union-attr]
        return web.Response()

    upstream = web.Application()
    upstream.router.add_route("*", "/{path:.*}", answer_or_leave)
    headers = {} if own is None else {"Idempotency-Key": own}
    async with TestServer(upstream) as server:
        address = str(server.make_url("")).rstrip("/")
        async with in_front_of(command_api=address) as client:
            for _ in "12":
                async with client.request(method, "/api/v1/booking/1", headers=headers) as answer:
                    assert answer.status == 200
    earlier, lost, again = keys
    assert lost == again
    assert (lost == own) if own else (lost and lost != earlier)


@pytest.mark.parametrize("said", [b"", b"what?\r\n\r\n"])
async def test_a_process_that_gives_no_answer_is_not_ready(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PROBE_S_MAX", 0.05)
    async with saying(said) as address, aiohttp.ClientSession() as session:
        assert not await read_readiness(session, address)


async def test_internal_routes_are_not_served_outside(gateway: Client) -> None:
    async with gateway.post("/internal/forward") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("target", ["*", "*@{other}/", "*:80/api", "*/healthz", "*?a=1"])
async def test_a_target_that_is_no_path_leads_nowhere(gateway: Client, target: str) -> None:
    """After `http://host:port`, `*@other` would name another host."""
    other = web.Application()
    other.router.add_route("*", "/{path:.*}", echo)
    async with TestServer(other) as server:
        answer = await ask_raw(gateway, target.format(other=f"{server.host}:{server.port}"))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"code":"not_found"' in answer


async def test_an_oversized_body_is_a_problem(gateway: Client) -> None:
    answer = await gateway.post("/api/v1/booking/1", data=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status, (await answer.json())["code"]) == (413, "too_large")


async def test_answers_have_each_header_once(gateway: Client) -> None:
    async with gateway.get("/api/v1/announcements") as answer:
        for name in ("Date", "Server", "X-Content-Type-Options"):
            assert len(answer.headers.getall(name)) == 1


async def test_a_stream_passes_piece_by_piece_and_ends_with_the_gateway() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    streams = PassedStreams()
    async with (
        saying(head + b"data: 1\n\n") as address,
        in_front_of(streams, query_api=address) as client,
        client.get("/api/v1/stream") as answer,
    ):
        assert await answer.content.readuntil(b"\n\n") == b"data: 1\n\n"
        streams.end()
        assert await answer.read() == format_end("shutting_down")


async def test_half_an_event_is_never_made_to_look_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    streams = PassedStreams()
    async with (
        saying(head + b"data: 1") as address,
        in_front_of(streams, query_api=address) as client,
        client.get("/api/v1/stream") as answer,
    ):
        assert await answer.content.readexactly(7) == b"data: 1"
        streams.end()
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
