"""HTTP calls to a running system, as the command line makes them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import msgspec

LINE_BYTES_MAX: Final = 4_000_000
CONNECT_S_MAX: Final = 5.0


class NotRunning(Exception):
    """Nothing answers at the address."""


class RequestRefused(Exception):
    """The system answered with a problem."""


async def log_in(base_url: str, login: str, operator_token: str | None = None) -> dict[str, Any]:
    """Log in at the stand-in's Auth and return its answer.

    With the operator token, the person's token is a super-user's. Raises NotRunning,
    RequestRefused.
    """
    body: dict[str, Any] = {"login": login}
    headers = {}
    if operator_token is not None:
        body["is_super"] = True
        headers["Authorization"] = f"Bearer {operator_token}"
    async with _post(base_url, "/neighbours/auth/token", headers, body) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def stream_operator_lines(
    base_url: str, path: str, operator_token: str
) -> AsyncIterator[dict[str, Any]]:
    """POST as an operator and yield the NDJSON lines of the answer.

    Raises NotRunning, RequestRefused.
    """
    headers = {"Authorization": f"Bearer {operator_token}"}
    async with _post(base_url, f"/api/v1/operator/{path}", headers) as response:
        async for line in response.content:
            yield msgspec.json.decode(line)


@asynccontextmanager
async def _post(
    base_url: str, path: str, headers: Mapping[str, str], body: Any = None
) -> AsyncIterator[aiohttp.ClientResponse]:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX)
    async with aiohttp.ClientSession(timeout=timeout, read_bufsize=LINE_BYTES_MAX) as session:
        try:
            async with session.post(f"{base_url}{path}", json=body, headers=headers) as response:
                if response.status >= 400:
                    raise RequestRefused(f"{response.status}: {(await response.text())[:500]}")
                yield response
        except aiohttp.ClientConnectionError as error:
            raise NotRunning(f"no system answers at {base_url}: start one with make run") from error
