"""An address with a control character is none of ours."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import aiohttp
import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from yarl import URL

from runtime.http.api_route import ApiRoute
from runtime.limits.limiter import Limiter
from runtime.limits.settings import RateLimits
from runtime.service.app import make_app
from tests.servers.http_server import served


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    router = APIRouter(route_class=ApiRoute)

    @router.get("/lines", response_class=Response)
    async def list_lines(request: Request) -> Response:
        return Response(request.scope["path"])

    @router.get("/lines/{name}", response_class=Response)
    async def read_line(request: Request) -> Response:
        return Response(request.path_params["name"])

    app = make_app("PRACTIX", lambda _: nullcontext(), Limiter(RateLimits()))
    app.include_router(router)
    async with served(app) as url:
        yield url


@pytest.mark.parametrize("path", ["/lines", "/lines/one", "/lines/%D0%9C", "/lines/a%20b"])
async def test_others_are_served(base_url: str, path: str) -> None:
    assert await ask(base_url + path) == 200


@pytest.mark.parametrize(
    "path", ["/lines%0A", "/lines/one%0A", "/lines/%0D%0Aa", "/lines/%00", "/lines/%7F"]
)
async def test_one_with_a_control_character_is_not_found(base_url: str, path: str) -> None:
    """A pattern that ends in `$` takes one more line feed, and limits go by the exact path."""
    assert await ask(base_url + path) == 404


async def ask(url: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(url, encoded=True)) as response,
    ):
        return response.status
