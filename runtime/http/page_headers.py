"""Adds headers that tell browsers how to treat our responses safely."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSP: Final = "Content-Security-Policy"

_BOUNDS: Final = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY: Final = f"default-src 'none'; style-src 'unsafe-inline'; {_BOUNDS}"
"""For pages without scripts, with their style inside."""


def scripted_policy(script_hash: str) -> str:
    """Return the policy of a page that has files of ours and one inline script with this
    SHA-256."""
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{script_hash}'; connect-src 'self'; "
        f"img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; {_BOUNDS}"
    )


class PageHeaders:
    """Middleware that keeps browsers from guessing the type of a response, from showing our
    pages in a frame, and from telling a page's address to other sites. A page runs no scripts,
    unless it states a policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _add_headers(headers: MutableHeaders) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault(CSP, PAGE_POLICY)
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Frame-Options"] = "DENY"
