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

from runtime.http.api_route import ApiRoute, Handler
from runtime.limits.limiter import AdmissionRules, Limiter

_ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID_CHARS: Final = 36
_PLACEHOLDER: Final = re.compile(r"{(\w+)}")
_SOME_ID: Final = "00000000-0000-4000-8000-000000000000"

_OF_EVERY_DEPENDANT: Final = frozenset(
    {"call", "path", "use_cache", "concurrency", "scope", "name"}
)
"""Fields of FastAPI's analysis of a handler that say nothing about what the handler takes."""

_Shape = str
"""A path with a star in place of each id. A request's path can have stars of its own, and then
has fewer ids than stars."""


class DirectRoute(NamedTuple):
    path: str
    """As declared, with the names of its parameters."""
    handle: Handler
    names: tuple[str, ...]
    """Names of the parameters in its path."""
    query_names: frozenset[str]
    limits: AdmissionRules | None


class DirectRoutes:
    """The direct routes of an app. Parameters of a path match ids only: what else somebody
    sends in their place is left to FastAPI, which knows other routes that it may mean."""

    def __init__(self, app: FastAPI, limiter: Limiter) -> None:
        self._app = app
        self._limiter = limiter
        self._routes: Mapping[tuple[str, _Shape], DirectRoute] = {}
        self._paths: Mapping[int, str] = {}
        """The whole path of each route, with the prefixes under which it is included, by its
        identity."""
        self._seen = 0
        """For how many routes of the app the table was made. A service adds its routes when it
        starts."""

    def find(self, method: str, path: str) -> tuple[DirectRoute, dict[str, str]] | None:
        """Return the route of a request and the values of its parameters; None if FastAPI has to
        look."""
        if self._seen != len(self._app.router.routes):
            self._seen = len(self._app.router.routes)
            self._routes = self._list_direct()
        shape, ids = _split(path)
        route = self._routes.get((method, shape))
        if route is None or len(route.names) != len(ids):
            return None
        return route, dict(zip(route.names, ids, strict=True))

    def path_of(self, route: object) -> str:
        """Return the whole path of a route as declared, be it direct or not; `unknown` if it is
        none of the app."""
        if isinstance(route, DirectRoute):
            return route.path
        return self._paths.get(id(route), "unknown")

    def _list_direct(self) -> dict[tuple[str, _Shape], DirectRoute]:
        """Return the direct routes by method and shape, without those that another route comes
        before."""
        found: dict[tuple[str, _Shape], DirectRoute] = {}
        contexts = list(iter_route_contexts(self._app.routes))
        self._paths = {id(one.original_route): str(one.path) for one in contexts}
        for number, context in enumerate(contexts):
            route = context.original_route
            if not isinstance(route, ApiRoute) or not _is_direct(route, context):
                continue
            path = str(context.path)
            some_path = _PLACEHOLDER.sub(_SOME_ID, path)
            names = tuple(_PLACEHOLDER.findall(path))
            shape, ids = _split(some_path)
            if len(ids) != len(names) or "*" in path:
                continue  # A parameter that is only a part of a segment; a star that is no id.
            for method in context.methods or ():
                if not any(_takes(earlier, method, some_path) for earlier in contexts[:number]):
                    limits = self._limiter.find_rules(method, some_path)
                    found[method, shape] = DirectRoute(
                        path, route.endpoint, names, route.query_names, limits
                    )
        return found


def _takes(context: RouteContext, method: str, path: str) -> bool:
    """Return whether FastAPI would give a request to this route."""
    scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
    return context.matches(scope)[0] is Match.FULL


def _is_direct(route: ApiRoute, context: RouteContext) -> bool:
    """Return whether FastAPI adds nothing to the route, as it is included in the app."""
    is_plain = type(route) is ApiRoute and context.body_field is None
    return is_plain and _takes_bare_request(context.dependant) and _returns_response(route.endpoint)


def _split(path: str) -> tuple[_Shape, list[str]]:
    """Return the shape of the path, and the ids in it."""
    ids = [part for part in path.split("/") if len(part) == _ID_CHARS and _ID.fullmatch(part)]
    for one in ids:
        path = path.replace(one, "*")
    return path, ids


def _takes_bare_request(dependant: Dependant) -> bool:
    taken = {field.name for field in fields(dependant) if getattr(dependant, field.name)}
    return taken - _OF_EVERY_DEPENDANT == {"request_param_name"}


def _returns_response(endpoint: Callable[..., Any]) -> bool:
    returned = get_annotations(endpoint, eval_str=True).get("return")
    is_response = isinstance(returned, type) and issubclass(returned, Response)
    return is_response and iscoroutinefunction(endpoint)
