"""HTTP calls to a running system, as the command line makes them."""

from collections.abc import AsyncIterator
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
    async with _session() as session:
        try:
            async with session.post(
                f"{base_url}/neighbours/auth/token", json=body, headers=headers
            ) as response:
                await _demand_ok(response)
                answer: dict[str, Any] = await response.json()
                return answer
        except aiohttp.ClientConnectionError as error:
            raise NotRunning(f"no system answers at {base_url}: start one with make run") from error


async def stream_operator_lines(
    base_url: str, path: str, operator_token: str
) -> AsyncIterator[dict[str, Any]]:
    """POST as an operator and yield the NDJSON lines of the answer.

    Raises NotRunning, RequestRefused.
    """
    headers = {"Authorization": f"Bearer {operator_token}"}
    async with _session() as session:
        try:
            async with session.post(
                f"{base_url}/api/v1/operator/{path}", headers=headers
            ) as response:
                await _demand_ok(response)
                async for line in response.content:
                    yield msgspec.json.decode(line)
        except aiohttp.ClientConnectionError as error:
            raise NotRunning(f"no system answers at {base_url}: start one with make run") from error


def _session() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX)
    return aiohttp.ClientSession(timeout=timeout, read_bufsize=LINE_BYTES_MAX)


async def _demand_ok(response: aiohttp.ClientResponse) -> None:
    if response.status >= 400:
        raise RequestRefused(f"{response.status}: {(await response.text())[:500]}")
