"""Under which names we answer: a page of another site that has its name lead to our address
(DNS rebinding) speaks to us with its own name in `Host`, and is turned away."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import UnknownHost
from runtime.http.problems import problem_of

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
ANY: Final = "*"

_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]*)?")
"""A name, and at most a port after it."""


class KnownNames:
    """The names of loopback, and `further` ones; with `*` among them every name is known."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._names = frozenset(_plain(name.strip()) for name in (*LOOPBACK, *further))

    def knows(self, hosts: list[str]) -> bool:
        """Whether a request with these values of `Host` is ours: exactly one, at any port."""
        if ANY in self._names:
            return True
        if len(hosts) != 1 or (host := _HOST.fullmatch(hosts[0])) is None:
            return False
        return _plain(host[1]) in self._names


class KnownHosts:
    """ASGI middleware: answers 421 `unknown_host` to what is meant for somebody else."""

    def __init__(self, app: ASGIApp, further: Iterable[str] = ()) -> None:
        self._app = app
        self._names = KnownNames(further)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if not self._names.knows(request.headers.getlist("host")):
                await problem_of(request, UnknownHost())(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _plain(name: str) -> str:
    """The one spelling of a name: an IPv6 address is in brackets and in its short form."""
    name = name.lower().removesuffix(".")
    if ":" not in name:
        return name
    try:
        return f"[{IPv6Address(name.removeprefix('[').removesuffix(']'))}]"
    except ValueError:
        return name
