"""A process sends its spans to a collector, up to its end."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from launcher.servers.process import ServerProcess, free_port
from tests.canaries import find_leaks
from tests.cells.stand_in import CREDENTIAL, OPERATOR, TOKEN_SECRET
from tests.paths import ROOT

TRACE: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT: Final = f"00-{TRACE}-00f067aa0ba902b7-01"
STOP_S_MAX: Final = 20.0


class Collector:
    """Takes spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.services: set[str] = set()
        self.headers: list[str | None] = []
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        content = await request.read()
        self.headers.append(request.headers.get("api-key"))
        for resource in ExportTraceServiceRequest.FromString(content).resource_spans:
            told = {one.key: one.value.string_value for one in resource.resource.attributes}
            self.services.add(told["service.name"])
            self.names += [span.name for scope in resource.scope_spans for span in scope.spans]
        return web.Response(status=self.status)


@asynccontextmanager
async def collecting() -> AsyncIterator[tuple[Collector, str]]:
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.take)
    async with TestServer(app) as server:
        yield collector, str(server.make_url("")).rstrip("/")


async def ask_traced(folder: Path, endpoint: str) -> str:
    """Start the stand-in, ask it twice, and stop it. Returns its log."""
    port = free_port()
    process = ServerProcess("neighbours", folder / "log")
    environment = {
        "NEIGHBOURS_DATA_DIR": str(folder / "data"),
        "NEIGHBOURS_PORT": str(port),
        "NEIGHBOURS_OPERATOR_TOKEN": OPERATOR,
        "NEIGHBOURS_CREDENTIAL": CREDENTIAL,
        "NEIGHBOURS_SECRET": TOKEN_SECRET,
        "PYTHONPATH": str(ROOT),
        "PRACTIX_HTTP__DRAIN_S": "0",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=Kanarienvogel",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
    }
    process.start([sys.executable, "-m", "neighbours"], cwd=folder, env=environment)
    address = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:

        async def ready() -> bool:
            try:
                async with session.get(f"{address}/readyz") as response:
                    return response.status == 200
            except aiohttp.ClientConnectionError:
                return False

        await process.wait_ready(ready)
        for path in ("/neighbours/movies", "/neighbours/movies?q=matrix"):
            async with session.get(address + path, headers={"traceparent": CLIENT}) as response:
                assert response.status == 200
    await process.stop(STOP_S_MAX)
    return (folder / "log").read_text()


async def test_a_process_sends_its_spans(tmp_path: Path) -> None:
    async with collecting() as (collector, endpoint):
        log = await ask_traced(tmp_path, endpoint)
    assert collector.names == ["GET /neighbours/movies"] * 2
    assert collector.services == {"neighbours"}
    assert set(collector.headers) == {"Kanarienvogel"}
    assert list(find_leaks(log.splitlines())) == []


@pytest.mark.parametrize("status", [401, None], ids=["refused", "away"])
async def test_a_process_works_and_ends_without_a_collector(
    status: int | None, tmp_path: Path
) -> None:
    async with collecting() as (collector, endpoint):
        collector.status = status or 200
        nowhere = f"http://127.0.0.1:{free_port()}"
        log = await ask_traced(tmp_path, endpoint if status else nowhere)
    assert "stopped" not in log
    assert "Kanarienvogel" not in log
    assert os.path.getsize(tmp_path / "log") < 100_000
