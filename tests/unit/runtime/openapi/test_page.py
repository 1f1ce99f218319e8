"""The page of the API document works without a way to the internet."""

import re

import aiohttp

from tests.servers.front_app import make_front_app
from tests.servers.http_server import served


async def test_the_page_loads_nothing_from_elsewhere() -> None:
    async with (
        served(make_front_app()) as url,
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
