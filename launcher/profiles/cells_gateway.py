"""One port in front of several cells. A request names its cell by the name that it calls us by:
`spb.kino.example` is the cell `spb` if `kino.example` is a name of ours.

It does what the map of cells does in `deploy/gateway/nginx.conf`. Behind it, each cell is a
system with a port of its own.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from launcher.profiles.gateway import UPSTREAMS, PassedStreams, build_port, open_session, pass_on
from launcher.profiles.listening import QUICK_END, listen
from launcher.rolling.rotation import Rotation
from launcher.settings import Settings
from launcher.stop_signals import watch_stop_signals
from runtime.front.hosts import normalize_host
from runtime.http.json_body import json_response
from runtime.http.problems import problem
from runtime.service.cell import demand_name
from runtime.service.serving import serve_beside

LOCAL: Final = "localhost"
"""Every machine knows names before this one as its own (RFC 6761)."""

Cells = Mapping[str, str]
"""Addresses of cells, by their names."""


def parse_cells(given: Iterable[str]) -> Cells:
    """Return the cells of `name=address` texts. Raises ValueError for one that is neither."""
    cells = {}
    for one in given:
        name, is_pair, address = one.partition("=")
        if not is_pair or not name or not address.startswith(("http://", "https://")):
            raise ValueError(f"not a cell like spb=http://127.0.0.1:8001: {one}")
        cells[demand_name(name)] = address.rstrip("/")
    return cells


def build_cells_gateway(
    cells: Cells, session: aiohttp.ClientSession, names: Iterable[str], streams: PassedStreams
) -> ASGIApp:
    """Return the port as an app, which is called by each cell's name before one of `names`."""
    addresses = {
        normalize_host(f"{cell}.{name}"): Rotation(dict.fromkeys(UPSTREAMS, address))
        for cell, address in cells.items()
        for name in (LOCAL, *names)
    }

    async def answer(request: Request) -> Response:
        cell = addresses.get(normalize_host(request.url.hostname or ""))
        if cell is not None:
            return await pass_on(request, session, cell, streams)
        if request.scope["path"] == "/healthz":
            return json_response({"status": "alive"})
        return problem("not_found")

    return build_port(answer, addresses)


async def run_cells_gateway(settings: Settings, cells: Cells, on_ready: Callable[[], None]) -> None:
    """Run until SIGINT or SIGTERM. Raises PortInUse."""
    stop, streams = watch_stop_signals(), PassedStreams()
    limits = settings.http.model_copy(update=QUICK_END)
    async with open_session() as session:
        gateway = build_cells_gateway(cells, session, settings.hosts, streams)
        with listen(settings.port) as listener:
            async with serve_beside(gateway, listener, limits):
                on_ready()
                await stop.wait()
                streams.end()


def run(settings: Settings, cells: Cells, on_ready: Callable[[], None]) -> None:
    """Do the same in an event loop of its own."""
    asyncio.run(run_cells_gateway(settings, cells, on_ready))
