"""Under which names we answer: a page of another site that has its name lead to our address
(DNS rebinding) speaks to us with its own name in `Host`, and is turned away."""

from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import UnknownHost
from runtime.problems import problem_of

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
ANY: Final = "*"


class KnownNames:
    """The names of loopback, and `further` ones; with `*` among them every name is known."""

    def __init__(self, further: Iterable[str] = ()) -> None:
        self._names = frozenset(map(_plain, (*LOOPBACK, *further)))

    def knows(self, hosts: list[str]) -> bool:
        """Whether a request with these values of `Host` is ours: exactly one, at any port."""
        if ANY in self._names:
            return True
        return len(hosts) == 1 and _plain(_without_port(hosts[0])) in self._names


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


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _plain(name: str) -> str:
    """The one spelling of a name: an IPv6 address is in brackets and in its short form."""
    name = name.strip().lower().removesuffix(".")
    if ":" not in name:
        return name
    try:
        return f"[{IPv6Address(name.removeprefix('[').removesuffix(']'))}]"
    except ValueError:
        return name
