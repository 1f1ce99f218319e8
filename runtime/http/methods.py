"""Answers HEAD, and lists the allowed methods of a path.

FastAPI alone would answer HEAD with 405, and would put into `Allow` only the methods of the
first route with that path, or none.
"""

from typing import Final

from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import Scope

_IS_HEAD: Final = "practix.head"


def get_of_head(scope: Scope) -> Scope:
    """Return the scope of a HEAD request as that of a GET. The server knows the real method and
    sends no body."""
    return {**scope, "method": "GET", _IS_HEAD: True}


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
