"""The page of the API document works without a way to the internet."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from fastapi import FastAPI

from runtime.limits.limiter import Limiter
from runtime.limits.settings import RateLimits
from runtime.service.app import make_app
from tests.servers.http_server import served


@asynccontextmanager
async def nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


async def test_the_page_loads_nothing_from_elsewhere() -> None:
    async with (
        served(make_app("PRACTIX", nothing, Limiter(RateLimits()))) as url,
        aiohttp.ClientSession(url) as session,
    ):
        async with session.get("/api/openapi") as page:
            text = await page.text()
        addresses = re.findall(r'(?:src|href)="([^"]+)"', text)
        assert len(addresses) >= 2
        for address in addresses:
            assert address.startswith("/api/openapi/static/"), address
            async with session.get(address) as answer:
                assert answer.status == 200, address
        async with session.get("/api/openapi.json") as document:
            assert (await document.json())["info"]["title"] == "PRACTIX"
