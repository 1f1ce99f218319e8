"""The one port in front of separate processes: passes each request to the process that serves it.

It does what nginx does in the compose file, and also shows the state of all processes to
their operator.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import aiohttp
from multidict import CIMultiDict
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from contracts.errors import TooLarge
from launcher.profiles.overview import Overview
from launcher.rolling.rotation import Rotation
from runtime.event_stream import EVENT_STREAM, SHUTTING_DOWN, format_end
from runtime.front.cors import cors_headers
from runtime.front.hosts import KnownHosts
from runtime.http.json_body import json_response
from runtime.http.problems import problem

NOT_PASSED_ON: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "transfer-encoding",
        "te",
        "upgrade",
        "host",
        "content-length",
        "date",
        "server",
        "x-forwarded-for",
        "x-forwarded-proto",
    }
)
"""Headers of one connection, and headers that only the gateway itself may set."""
READS: Final = ("GET", "HEAD")
REPEATED: Final = ("PUT", "DELETE")
"""Writes that aiohttp, as nginx, sends again if a connection that it has kept breaks off."""
BODY_BYTES_MAX: Final = 1_000_000
CHUNK_BYTES: Final = 64 * 1024
CONNECT_S_MAX: Final = 5.0
SILENCE_S_MAX: Final = 100.0
"""Longest silence of a service: a command may wait for a list of follows (60 s), then for its
decision (30 s)."""
OPERATOR_SILENCE_S_MAX: Final = 3600.0
"""A trial of another formula answers once all scores are computed. A question waits for the
questions before it."""
COMMANDS_OF_OPERATORS: Final = tuple(
    f"/api/v1/operator/{one}" for one in ("suspensions", "user/", "journal/", "reports/")
)
ANALYSTS: Final = tuple(f"/api/v1/operator/{one}" for one in ("ask", "ask/history", "export"))
"""Paths of the query API's routes for analysts, with any method."""
SAVED_QUESTIONS: Final = "/api/v1/operator/ask/questions/"
LISTS: Final = ("/api/v1/operator/reports", "/api/v1/operator/acts")
"""Paths of the query API's routes for operators."""

OURS: Final = ("/api/", "/a/", "/analyst", "/internal")
"""Beginnings of the addresses that are not the stand-in's: it plays PRACTIX's site, too."""

UPSTREAMS: Final = ("command_api", "query_api", "projector", "notifier", "neighbours")

Upstreams = Mapping[str, str]
"""The address of each process: one of UPSTREAMS, or several with a number, as `query_api_2`."""


def upstream_of(method: str, path: str) -> str:
    """Return the name of the process that serves the request."""
    if not path.startswith(OURS):
        return "neighbours"
    if path.startswith(
        ("/api/v1/notifications", "/api/v1/preferences", "/api/v1/operator/notices")
    ):
        return "notifier"
    if path.startswith(COMMANDS_OF_OPERATORS):
        return "command_api"
    if path == "/api/v1/my/erasure":
        return "command_api"
    if path in ANALYSTS or path in LISTS or path.startswith(SAVED_QUESTIONS):
        return "query_api"
    if path.startswith("/api/v1/operator/"):
        return "projector"
    if path.endswith(("/eligibility", "/invite-links")):
        return "command_api"
    return "query_api" if method in READS else "command_api"


Handler = Callable[[Request], Awaitable[Response]]


def build_gateway(
    upstreams: Upstreams,
    session: aiohttp.ClientSession,
    *,
    origins: Sequence[str] = (),
    hosts: Iterable[str] = (),
    streams: "PassedStreams | None" = None,
    rotation: Rotation | None = None,
) -> ASGIApp:
    """Return the gateway as an app. Whoever stops it ends the `streams` first. `rotation` chooses
    among the `upstreams`; whoever stops one of them takes it out first.

    `session` must not decompress: bodies are passed on as they are. Pages of `origins` may
    read the gateway's own answers; the processes decide that for theirs. A request for a
    host other than loopback and `hosts` is refused.
    """
    own = _overview_routes(Overview(upstreams, session))
    passed_streams = streams or PassedStreams()
    turns = rotation or Rotation(upstreams)

    async def answer(request: Request) -> Response:
        handler = own.get(request.scope["path"]) if request.method in READS else None
        if handler is not None:
            return await handler(request)
        return await pass_on(request, session, turns, passed_streams)

    return build_port(answer, hosts, origins)


def build_port(answer: Handler, hosts: Iterable[str], origins: Sequence[str] = ()) -> ASGIApp:
    """Return an app that answers requests for loopback and `hosts`, and refuses others. Pages of
    `origins` may read its own answers."""

    async def port(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = await answer(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        for name, value in cors_headers(request.headers.get("Origin"), origins).items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    return KnownHosts(port, hosts)


def open_session() -> aiohttp.ClientSession:
    """Open a session for a gateway, without aiohttp's limit of a hundred connections.

    The listener already bounds requests. With the limit, a hundred requests that wait for one
    process would block requests to the others.
    """
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False)


async def pass_on(
    request: Request,
    session: aiohttp.ClientSession,
    rotation: Rotation,
    streams: "PassedStreams",
) -> Response:
    """Return the answer of a process that serves the request, as it arrives."""
    path = request.scope["path"]
    # A target need not be a path: after an upstream's address, `*@other` names another host.
    if not path.startswith("/") or path.startswith("/internal/"):
        return problem("not_found")
    upstream = upstream_of(request.method, path)
    patience = _choose_timeout(upstream, path)
    try:
        forwarded = await _forward(session, rotation, upstream, request, patience)
    except TooLarge:
        return problem("too_large")
    except (aiohttp.ClientError, TimeoutError):
        return problem("unavailable" if request.method in READS else "outcome_unknown")
    return _stream(forwarded, streams)


def _overview_routes(overview: Overview) -> dict[str, Handler]:
    """Return the routes that the gateway answers from all processes together."""

    async def healthz(_: Request) -> Response:
        return json_response({"status": "alive"})

    async def readyz(_: Request) -> Response:
        checks = await overview.readiness()
        return json_response(checks, 200 if checks["ready"] else 503)

    async def metrics(_: Request) -> Response:
        return Response(await overview.metrics(), media_type=CONTENT_TYPE_LATEST)

    async def openapi(_: Request) -> Response:
        document = await overview.openapi()
        return problem("unavailable") if document is None else json_response(document)

    return {
        "/healthz": healthz,
        "/readyz": readyz,
        "/metrics": metrics,
        "/api/openapi.json": openapi,
    }


def _choose_timeout(upstream: str, path: str) -> aiohttp.ClientTimeout:
    """Return how long `upstream` may be silent. A whole answer may take any time."""
    is_slow = upstream == "projector" or path in ANALYSTS or path.startswith(SAVED_QUESTIONS)
    silence_s_max = OPERATOR_SILENCE_S_MAX if is_slow else SILENCE_S_MAX
    return aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX, sock_read=silence_s_max)


async def _forward(
    session: aiohttp.ClientSession,
    rotation: Rotation,
    service: str,
    request: Request,
    patience: aiohttp.ClientTimeout,
) -> aiohttp.ClientResponse:
    """Send the request on and return the answer. If a process takes no connection, nothing was
    sent, and the next one is asked. So it is if a read is answered 503: another may be ready.

    Raises TooLarge, and aiohttp.ClientError or TimeoutError if there is no answer.
    """
    query = request.scope["query_string"]
    target = request.scope["raw_path"] + (b"?" + query if query else b"")
    headers = CIMultiDict(_drop_hop_headers(request.headers.items()))
    headers["X-Forwarded-For"] = "" if request.client is None else request.client.host
    if request.method in REPEATED:
        # With one key, a command that is sent twice counts once.
        headers.setdefault("Idempotency-Key", uuid4().hex)
    body = await _read_body(request)
    *others, last = rotation.list_turns(service)

    async def ask(process: str) -> aiohttp.ClientResponse:
        with rotation.ask(process) as address:
            return await session.request(
                request.method,
                URL(address + target.decode("ascii"), encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=patience,
            )

    for process in others:
        with suppress(aiohttp.ClientConnectorError):
            answer = await ask(process)
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE or request.method not in READS:
                return answer
            answer.close()
    return await ask(last)


async def _read_body(request: Request) -> bytes:
    """Return the whole body. Raises TooLarge as soon as it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise TooLarge
    return bytes(body)


class PassedStreams:
    """The streams of events that pass through a gateway. They have no end of their own."""

    def __init__(self) -> None:
        self._answers: set[aiohttp.ClientResponse] = set()

    def end(self) -> None:
        """End all of them, and tell their readers that we are about to stop."""
        answers, self._answers = self._answers, set()
        for answer in answers:
            answer.close()

    async def pieces(self, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """Yield the pieces of one stream."""
        self._answers.add(answer)
        piece = b""
        try:
            async for piece in _pieces(answer):
                yield piece
        except aiohttp.ClientError:
            # Half an event must not look whole.
            if answer in self._answers or not piece.endswith(b"\n\n"):
                raise
            yield format_end(SHUTTING_DOWN)
        finally:
            self._answers.discard(answer)


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with answer:
        async for piece in answer.content.iter_chunked(CHUNK_BYTES):
            yield piece


def _stream(answer: aiohttp.ClientResponse, streams: PassedStreams) -> Response:
    """Pass the answer on as it arrives.

    If it breaks off, so does ours: half an answer must not look whole.
    """
    has_no_end = answer.content_type == EVENT_STREAM
    pieces = streams.pieces(answer) if has_no_end else _pieces(answer)
    response = StreamingResponse(pieces, answer.status)
    response.raw_headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in _drop_hop_headers(answer.headers.items())
    ]
    return response


def _drop_hop_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in NOT_PASSED_ON]
