"""Finds the client behind proxies that are trusted, from what they say in their headers."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_SCHEMES: Final = ("http", "https")


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count."""

    def __init__(self, networks: Sequence[str]) -> None:
        app: Any = _no_app  # uvicorn has types of its own for the same messages.
        self._hosts = ProxyHeadersMiddleware(app, list(networks)).trusted_hosts

    def name_client(self, scope: Scope, headers: Headers) -> None:
        """Make `scope` name the client and the scheme that a trusted proxy has seen."""
        client = scope["client"]
        if client is None or client[0] not in self._hosts:
            return
        for scheme in headers.getlist("x-forwarded-proto"):
            if scheme.strip() in _SCHEMES:
                scope["scheme"] = scheme.strip()
        if hosts := headers.getlist("x-forwarded-for"):
            named = self._hosts.get_trusted_client_address(", ".join(hosts))
            if named[0]:
                scope["client"] = named


async def _no_app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Answer nothing: only a rule of the middleware around this app is used."""
