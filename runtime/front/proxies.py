"""Finds the client behind proxies that are trusted, from what they say in their headers."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from runtime.front.unused_app import unused_app

_SCHEMES: Final = ("http", "https")


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` count."""

    def __init__(self, networks: Sequence[str]) -> None:
        app: Any = unused_app  # uvicorn has types of its own for the same messages.
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
