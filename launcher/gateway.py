"""The one port in front of separate processes: reads to the query side, the rest to the
command side. What nginx does in the compose file, for a machine without it."""

from collections.abc import Mapping
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

NOT_PASSED_ON: Final = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "host", "content-length"}
)
BODY_BYTES_MAX: Final = 1_000_000
CHUNK_BYTES: Final = 64 * 1024

Upstreams = Mapping[str, str]
"""Addresses of `command_api`, `query_api`, `projector` and `neighbours`."""


def upstream_of(method: str, path: str) -> str:
    """The process that serves a request."""
    if path.startswith(("/neighbours/", "/s/")):
        return "neighbours"
    if path.startswith("/api/v1/operator/"):
        return "projector"
    if path.endswith("/eligibility"):
        return "command_api"
    return "query_api" if method in ("GET", "HEAD") else "command_api"


def build_gateway(upstreams: Upstreams, session: aiohttp.ClientSession) -> web.Application:
    """The session must not decompress: bodies are passed on as they are."""

    async def pass_on(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/internal/"):
            raise web.HTTPNotFound
        address = upstreams[upstream_of(request.method, request.path)]
        try:
            async with session.request(
                request.method,
                f"{address}{request.raw_path}",
                headers=_passed_on(request.headers),
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                response = web.StreamResponse(
                    status=answer.status, headers=_passed_on(answer.headers)
                )
                await response.prepare(request)
                async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                    await response.write(chunk)
                await response.write_eof()
                return response
        except aiohttp.ClientConnectionError:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "1"}) from None

    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.router.add_route("*", "/{path:.*}", pass_on)
    return app


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in NOT_PASSED_ON
    )
