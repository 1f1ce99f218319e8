"""Finds the routes of an app that need nothing of FastAPI, by one look-up.

A route is *direct* if its handler takes only the bare request, and returns a finished response.
FastAPI would add nothing to it but work: it goes through the patterns of all routes in turn, and
through several layers for each request. It keeps the API document, and serves every request for
which nothing is found here. The answer is the same either way.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import get_annotations, iscoroutinefunction
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.responses import Response
from starlette.routing import Match

from runtime.http.api_route import ApiRoute, Handler, check_before

_ID: Final = re.compile(r"(?<=/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|\Z)")
_PLACEHOLDER: Final = re.compile(r"{(\w+)}")
_SOME_ID: Final = "00000000-0000-4000-8000-000000000000"

_OF_EVERY_DEPENDANT: Final = frozenset(
    {"call", "path", "use_cache", "concurrency", "scope", "name"}
)
"""Fields of FastAPI's analysis of a handler that say nothing about what the handler takes."""

_Shape = tuple[str, ...]
"""A method, and the parts of a path between its ids."""


class DirectRoute(NamedTuple):
    path: str
    """As declared, with the names of its parameters."""
    handle: Handler
    names: tuple[str, ...]


class DirectRoutes:
    """The direct routes of an app. Parameters of a path match ids only: what else somebody
    sends in their place is left to FastAPI, which knows other routes that it may mean."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._routes: Mapping[_Shape, DirectRoute] = {}
        self._seen = 0
        """For how many routes of the app the table was made. A service adds its routes when it
        starts."""

    def find(self, method: str, path: str) -> tuple[DirectRoute, dict[str, str]] | None:
        """Return the route of a request and the values of its parameters; None if FastAPI has to
        look."""
        if self._seen != len(self._app.router.routes):
            self._seen = len(self._app.router.routes)
            self._routes = _list_direct(self._app)
        parts = _ID.split(path)
        route = self._routes.get((method, *parts[::2]))
        return None if route is None else (route, dict(zip(route.names, parts[1::2], strict=True)))


def _list_direct(app: FastAPI) -> dict[_Shape, DirectRoute]:
    """Return the direct routes by shape, without those that another route comes before."""
    found: dict[_Shape, DirectRoute] = {}
    contexts = list(iter_route_contexts(app.routes))
    for number, context in enumerate(contexts):
        if (handle := _direct_handler(context)) is None:
            continue
        path = str(context.path)
        some_path = _PLACEHOLDER.sub(_SOME_ID, path)
        names = tuple(_PLACEHOLDER.findall(path))
        between = _ID.split(some_path)[::2]
        if len(between) != len(names) + 1:
            continue  # A parameter that is only a part of a segment.
        for method in context.methods or ():
            if not any(_takes(earlier, method, some_path) for earlier in contexts[:number]):
                found[method, *between] = DirectRoute(path, handle, names)
    return found


def _takes(context: RouteContext, method: str, path: str) -> bool:
    """Return whether FastAPI would give a request to this route."""
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return context.matches(scope)[0] is Match.FULL


def _direct_handler(context: RouteContext) -> Handler | None:
    """Return the handler of a direct route; None for any other."""
    route = context.original_route
    if type(route) is not ApiRoute or context.body_field is not None:
        return None
    if not _takes_bare_request(context.dependant) or not _returns_response(route.endpoint):
        return None
    return check_before(route.endpoint, route.query_names)


def _takes_bare_request(dependant: Dependant) -> bool:
    taken = {field.name for field in fields(dependant) if getattr(dependant, field.name)}
    return taken - _OF_EVERY_DEPENDANT == {"request_param_name"}


def _returns_response(endpoint: Callable[..., Any]) -> bool:
    returned = get_annotations(endpoint, eval_str=True).get("return")
    is_response = isinstance(returned, type) and issubclass(returned, Response)
    return is_response and iscoroutinefunction(endpoint)
