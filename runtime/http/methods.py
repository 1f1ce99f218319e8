"""Answers HEAD, and lists the allowed methods of a path.

FastAPI alone would answer HEAD with 405, and would put into `Allow` only the methods of the
first route with that path, or none.
"""

from typing import Final

from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

_IS_HEAD: Final = "practix.head"


class HeadAsGet:
    """Middleware that answers HEAD like GET. The server knows the real method and sends no
    body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET", _IS_HEAD: True}
        await self._app(scope, receive, send)


def is_head(request: Request) -> bool:
    """Return whether the client asked only for the head. A route needs to know if its body would
    have no end."""
    return _IS_HEAD in request.scope


def allowed_methods(request: Request) -> str:
    """Return the value of `Allow`: the methods of all routes with this path, and HEAD if GET
    is one of them."""
    methods: set[str] = set()
    path = request.scope["path"]
    for route in iter_route_contexts(request.app.routes):
        if isinstance(route.original_route, Mount):
            files = route.original_route
            methods |= {"GET"} if files.path_regex.match(path) else set()
        elif route.path_regex.match(path):
            methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))
