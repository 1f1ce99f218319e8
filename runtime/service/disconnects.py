"""Logs a client that leaves in the middle of its request with one line and no traceback."""

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger(__name__)


class QuietDisconnects:
    """Middleware that ends a request whose client has gone. Nobody waits for a response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            # The route, and not the path, which has ids of people.
            path = getattr(scope.get("route"), "path", "")
            log.info("client went away", extra={"call": f"{scope['method']} {path}".rstrip()})
