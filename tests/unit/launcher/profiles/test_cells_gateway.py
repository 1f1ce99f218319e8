"""One port in front of several cells: a name leads to one cell, and to nothing of another."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher.profiles.cells_gateway import build_cells_gateway, parse_cells
from launcher.profiles.gateway import PassedStreams
from tests.servers.http_server import served

PATH = "/api/v1/announcements?limit=1"


def cell_named(name: str) -> TestServer:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=f"{name} {request.raw_path}")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return TestServer(app)


@pytest.fixture
async def port() -> AsyncIterator[aiohttp.ClientSession]:
    """The port in front of `msk` and `spb`, which say who they are; `away` is down."""
    async with (
        cell_named("msk") as msk,
        cell_named("spb") as spb,
        aiohttp.ClientSession() as session,
    ):
        cells = parse_cells(
            [f"msk={msk.make_url('/')}", f"spb={spb.make_url('/')}", "away=http://127.0.0.1:1"]
        )
        port = build_cells_gateway(
            cells, session, ["kino.example", "Film.Example."], PassedStreams()
        )
        async with served(port) as url, aiohttp.ClientSession(url) as client:
            yield client


async def ask(
    client: aiohttp.ClientSession, host: str, path: str = PATH, method: str = "GET"
) -> tuple[int, str]:
    async with client.request(method, path, headers={"Host": host}) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_name_leads_to_its_cell(port: aiohttp.ClientSession, method: str) -> None:
    for host in ("msk.localhost:8000", "msk.kino.example", "MSK.Kino.Example.", "msk.film.example"):
        assert await ask(port, host, method=method) == (200, f"msk {PATH}")
    assert await ask(port, "spb.kino.example", method=method) == (200, f"spb {PATH}")


@pytest.mark.parametrize(
    "host", ["kino.example", "omsk.kino.example", "spb.evil.example", "msk.spb.localhost"]
)
async def test_another_name_leads_nowhere(port: aiohttp.ClientSession, host: str) -> None:
    status, body = await ask(port, host)
    assert (status, '"code":"unknown_host"' in body) == (421, True)


async def test_an_address_without_a_name_is_no_cell(port: aiohttp.ClientSession) -> None:
    status, body = await ask(port, "127.0.0.1")
    assert (status, '"code":"not_found"' in body) == (404, True)
    assert await ask(port, "127.0.0.1", "/healthz") == (200, '{"status":"alive"}')


async def test_internal_routes_of_a_cell_are_not_served_outside(
    port: aiohttp.ClientSession,
) -> None:
    assert (await ask(port, "spb.localhost", "/internal/commands", "POST"))[0] == 404


async def test_a_cell_that_is_down_takes_no_other_with_it(port: aiohttp.ClientSession) -> None:
    assert (await ask(port, "away.localhost"))[0] == 503
    assert (await ask(port, "spb.localhost"))[0] == 200


@pytest.mark.parametrize(
    "given", ["spb", "=http://127.0.0.1:1", "spb=127.0.0.1:1", "S.P.B.=http://127.0.0.1:1"]
)
def test_what_is_no_cell_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="cell"):
        parse_cells([given])
