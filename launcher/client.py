"""Makes the HTTP calls of the command line to a running system."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from contracts.errors import PROBLEM_MEMBERS

LINE_BYTES_MAX: Final = 4_000_000
CONNECT_S_MAX: Final = 5.0

Path = tuple[str, ...]
"""The parts of the path of an operator's route."""


class NotRunning(Exception):
    """Nothing answers at the address."""


class RequestRefused(Exception):
    """The system answered with a problem, or its answer broke off. `code` is that of the problem,
    None without one."""

    def __init__(self, said: str, code: str | None = None) -> None:
        super().__init__(said)
        self.code = code


async def log_in(base_url: str, login: str, operator_token: str | None = None) -> dict[str, Any]:
    """Log in at the stand-in's Auth and return its answer.

    With the operator token, the person's token is a super-user's. Raises NotRunning,
    RequestRefused.
    """
    body: dict[str, Any] = {"login": login}
    headers = {}
    if operator_token is not None:
        body["is_super"] = True
        headers = operator_headers(operator_token)
    url = f"{base_url}/neighbours/auth/token"
    async with open_answer("POST", url, headers, json=body) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def stream_operator_lines(
    base_url: str, path: str, operator_token: str, query: Mapping[str, str] | None = None
) -> AsyncIterator[dict[str, Any]]:
    """POST as an operator and yield the NDJSON lines of the answer.

    Raises NotRunning, RequestRefused.
    """
    url = operator_url(base_url, path)
    async with open_answer("POST", url, operator_headers(operator_token), params=query) as response:
        async for line in response.content:
            yield msgspec.json.decode(line)


def operator_url(base_url: str, *path: str) -> str:
    """Return the address of an operator's route. Each part of its path stays one part, whatever
    is in it. Raises RequestRefused if a part leads elsewhere."""
    if wrong := [part for part in path if part in ("", ".", "..")]:
        raise RequestRefused(f"{wrong[0]!r} is no part of a path")
    return f"{base_url}/api/v1/operator/{'/'.join(quote(part, safe='') for part in path)}"


def operator_headers(operator_token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {operator_token}"}


@asynccontextmanager
async def open_answer(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    silence_s_max: float | None = None,
    **more: Any,
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Send a request and yield the answer, to be read inside the block.

    The answer may take any time, but be silent for `silence_s_max` seconds at most. Raises
    NotRunning if nothing answers or the silence lasts longer; RequestRefused if the answer is
    a problem or breaks off.
    """
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S_MAX, sock_read=silence_s_max)
    async with aiohttp.ClientSession(timeout=timeout, read_bufsize=LINE_BYTES_MAX) as session:
        try:
            async with session.request(method, url, headers=headers, **more) as response:
                if response.status >= 400:
                    raise _describe_problem(response.status, await response.read())
                yield response
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            where, why = URL(url).origin(), _describe_silence(error)
            raise NotRunning(
                f"no system answers at {where} ({why}); make run starts one"
            ) from error
        except aiohttp.ClientPayloadError as error:
            raise RequestRefused(f"the answer broke off: {error}") from error


def _describe_silence(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorError(errno=int(number)) if number > 0:
            return os.strerror(number).lower()
        case aiohttp.ClientConnectorError(os_error=OSError(strerror=str(reason))):
            return reason.lower()
        case _:
            return str(error) or "no answer in time"


def _describe_problem(status: int, body: bytes) -> RequestRefused:
    """Return the refusal in words, with a line for each wrong field."""
    try:
        problem = msgspec.json.decode(body)
        said = problem.get("reason") or problem["detail"]
        facts = [
            f"{name}: {', '.join(value) if isinstance(value, list) else value}"
            for name, value in problem.items()
            if name not in PROBLEM_MEMBERS and name not in ("reason", "errors")
        ]
        told = f"{status}: {said}" + (f" ({'; '.join(facts)})" if facts else "")
        wrong = [
            ": ".join(filter(None, (error["field"], error["reason"])))
            for error in problem.get("errors", ())
        ]
        return RequestRefused("\n  ".join((told, *wrong)), problem.get("code"))
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError):
        return RequestRefused(f"{status}: {body[:500].decode('utf-8', 'replace')}")
