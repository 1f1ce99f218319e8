"""Refuses requests whose `Host` is not one of our names.

This stops DNS rebinding: a page of another site lets its name point to our address, but its
requests still carry that name in `Host`.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import UnknownHost
from runtime.http.problems import problem_of
from runtime.process.figures import PlainCounter

REFUSED: Final = PlainCounter(
    "practix_unknown_host_requests", "requests refused because their Host is not ours", []
)
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
ANY: Final = "*"

_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
"""A name, perhaps with a port after it."""
_HEADERS_KEPT: Final = 64
"""Of how many `Host` headers the finding is remembered."""
_HEADER_CHARS_KEPT: Final = 260
"""A longer one is looked up each time: a name has at most 253 characters."""


class KnownNames:
    """The host names under which a process answers."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        """The names are those of loopback and `further`. With `*` every name is known."""
        self._names = frozenset(normalize_host(name.strip()) for name in (*LOOPBACK, *further))
        self._is_known = lru_cache(maxsize=_HEADERS_KEPT)(self._look_up)

    def knows(self, hosts: list[str]) -> bool:
        """Return whether a request with these `Host` headers is for us. There must be exactly
        one; its port does not matter."""
        if ANY in self._names:
            return True
        if len(hosts) != 1:
            return False
        host = hosts[0]
        return self._is_known(host) if len(host) <= _HEADER_CHARS_KEPT else self._look_up(host)

    def demand(self, hosts: list[str]) -> None:
        """Count the request and raise UnknownHost if it is not for us."""
        if not self.knows(hosts):
            REFUSED.count()
            raise UnknownHost

    def _look_up(self, header: str) -> bool:
        host = _HOST.fullmatch(header)
        return host is not None and normalize_host(host[1]) in self._names


class KnownHosts:
    """Middleware that answers requests for other hosts with 421 `unknown_host`. For an app
    without a front controller."""

    def __init__(self, app: ASGIApp, further: Iterable[str] = ()) -> None:
        self._app = app
        self._names = KnownNames(further)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            try:
                self._names.demand(request.headers.getlist("host"))
            except UnknownHost as error:
                await problem_of(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def normalize_host(name: str) -> str:
    """Return the one spelling of a name. An IPv6 address is short and in brackets."""
    name = name.lower().removesuffix(".")
    if ":" not in name:
        return name
    try:
        return f"[{IPv6Address(name.removeprefix('[').removesuffix(']'))}]"
    except ValueError:
        return name
