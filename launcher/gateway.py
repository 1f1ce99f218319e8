"""The one port in front of separate processes: reads to the query side, the rest to the
command side. What nginx does in the compose file, for a machine without it, and a view of
all processes for who operates them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict
from prometheus_client import CONTENT_TYPE_LATEST
from yarl import URL

from launcher.overview import Overview
from runtime.cors import exposing_headers
from runtime.hosts import KnownNames
from runtime.problems import problem

NOT_PASSED_ON: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "transfer-encoding",
        "te",
        "upgrade",
        "host",
        "content-length",
        "x-forwarded-for",
        "x-forwarded-proto",
    }
)
"""Of one connection, or what only the gateway itself may say."""
READS: Final = ("GET", "HEAD")
BODY_BYTES_MAX: Final = 1_000_000
CHUNK_BYTES: Final = 64 * 1024

Upstreams = Mapping[str, str]
"""Addresses of `command_api`, `query_api`, `projector`, `notifier` and `neighbours`."""


def upstream_of(method: str, path: str) -> str:
    """The process that serves a request."""
    if path.startswith(("/neighbours/", "/s/")):
        return "neighbours"
    if path.startswith(
        ("/api/v1/notifications", "/api/v1/preferences", "/api/v1/operator/notices")
    ):
        return "notifier"
    if path.startswith(("/api/v1/operator/suspensions", "/api/v1/operator/user/")):
        return "command_api"
    if path.startswith("/api/v1/operator/"):
        return "projector"
    if path.endswith("/eligibility"):
        return "command_api"
    return "query_api" if method in READS else "command_api"


def build_gateway(
    upstreams: Upstreams,
    session: aiohttp.ClientSession,
    *,
    origins: Sequence[str] = (),
    hosts: Iterable[str] = (),
) -> web.Application:
    """The session must not decompress: bodies are passed on as they are. Pages of `origins`
    may read what the gateway answers itself; the processes say so of their own answers. It
    answers under the names of loopback and `hosts` only."""
    names = KnownNames(hosts)

    @web.middleware
    async def known_hosts(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not names.knows(request.headers.getall("Host", [])):
            return _problem("unknown_host")
        return await handler(request)

    async def pass_on(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/internal/"):
            return _problem("not_found")
        address = upstreams[upstream_of(request.method, request.path)]
        try:
            answer = await _forward(session, address, request)
        except web.HTTPRequestEntityTooLarge:
            return _problem("too_large")
        except aiohttp.ClientConnectionError:
            return _problem("unavailable" if request.method in READS else "outcome_unknown")
        async with answer:
            return await _stream(answer, request)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        for name, value in exposing_headers(request.headers.get("Origin"), origins).items():
            response.headers.setdefault(name, value)

    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[known_hosts])
    app.on_response_prepare.append(add_headers)
    _add_overview(app, Overview(upstreams, session))
    app.router.add_route("*", "/{path:.*}", pass_on)
    return app


def _add_overview(app: web.Application, overview: Overview) -> None:
    """What no process can say alone."""

    async def healthz(_: web.Request) -> web.Response:
        return _json({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        checks = await overview.readiness()
        return _json(checks, 200 if checks["ready"] else 503)

    async def metrics(_: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=await overview.metrics(), headers=headers)

    async def openapi(_: web.Request) -> web.Response:
        document = await overview.openapi()
        return _problem("unavailable") if document is None else _json(document)

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/api/openapi.json", openapi)


def _json(value: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


async def _forward(
    session: aiohttp.ClientSession, address: str, request: web.Request
) -> aiohttp.ClientResponse:
    headers = _passed_on(request.headers)
    headers["X-Forwarded-For"] = request.remote or ""
    return await session.request(
        request.method,
        URL(f"{address}{request.raw_path}", encoded=True),
        headers=headers,
        data=await request.read(),
        allow_redirects=False,
    )


async def _stream(answer: aiohttp.ClientResponse, request: web.Request) -> web.StreamResponse:
    """Where it breaks off, so does ours: half an answer is out, and must not look whole."""
    response = web.StreamResponse(status=answer.status, headers=_passed_on(answer.headers))
    await response.prepare(request)
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        await response.write(chunk)
    await response.write_eof()
    return response


def _problem(code: str) -> web.Response:
    finished = problem(code)
    return web.Response(
        status=finished.status_code,
        body=bytes(finished.body),
        headers=_passed_on(finished.headers),
    )


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in NOT_PASSED_ON
    )
