"""Refuses ambiguous requests before a route's handler runs.

A misspelt parameter (`?dryrun=true`) must not do the real thing, and if one name has two
values nobody knows which was meant. Each route declares its query parameters for the OpenAPI
document; the same declarations refuse every other name.
"""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from fastapi.dependencies.utils import get_flat_params
from fastapi.params import ParamTypes
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Malformed, UnsupportedMediaType
from runtime.http.json_body import demand_unique_keys

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

NAME_CHARS_MAX: Final = 100
"""A refused name is repeated to the client up to this length."""

_ONCE: Final = {
    name.lower().encode(): name
    for name in ("Authorization", "Idempotency-Key", "If-Match", "Content-Type")
}
"""Headers that may occur only once: from their names as ASGI has them to their usual spelling."""


class ApiRoute(APIRoute):
    """A route of the API. Use it as `route_class` of every router except those of pages."""

    @property
    def query_names(self) -> frozenset[str]:
        """Names of the query parameters that the route declares, in the document or to FastAPI."""
        fields = get_flat_params(self.dependant)
        own = (one.alias for one in fields if _place_of(one) is ParamTypes.query)
        return frozenset(own) | query_names_in(self.openapi_extra)

    def get_route_handler(self) -> Handler:
        handle, known = super().get_route_handler(), self.query_names
        decodes_body = self.body_field is not None

        async def handle_checked(request: Request) -> Response:
            demand_unambiguous(request, known)
            if decodes_body:  # FastAPI itself would take the last value of a repeated key.
                demand_unique_keys(await request.body())
            return await handle(request)

        return handle_checked


def query_names_in(openapi_extra: Mapping[str, Any] | None) -> frozenset[str]:
    """Return the names of the query parameters that a route adds to the document."""
    parameters = (openapi_extra or {}).get("parameters", ())
    return frozenset(one["name"] for one in parameters if one["in"] == "query")


def demand_unambiguous(request: Request, known: frozenset[str]) -> None:
    """Raises Malformed and UnsupportedMediaType for a request that a route with these query
    parameters must not serve."""
    demand_single_headers(request)
    if request.scope["query_string"]:
        demand_known_parameters(request, known)


def demand_single_headers(request: Request) -> None:
    """Raises Malformed if a header that decides something is repeated, and
    UnsupportedMediaType if the body is compressed or otherwise encoded: we decode none."""
    seen = set()
    for name, value in request.scope["headers"]:
        if name in _ONCE:
            if name in seen:
                raise Malformed("malformed_header", {"header": _ONCE[name], "reason": "repeated"})
            seen.add(name)
        elif name == b"content-encoding" and value.strip().lower() != b"identity":
            raise UnsupportedMediaType(facts={"header": "Content-Encoding"})


def demand_known_parameters(request: Request, known: frozenset[str]) -> None:
    """Raises Malformed if a name is unknown or repeated, or if the query is not UTF-8."""
    _demand_utf8(request.scope["query_string"])
    seen = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            raise _refuse_parameter(name, "unknown", parameters=sorted(known))
        if name in seen:
            raise _refuse_parameter(name, "repeated")
        seen.add(name)


def _demand_utf8(query_string: bytes) -> None:
    try:
        unquote_to_bytes(query_string.decode("ascii")).decode()
    except UnicodeDecodeError as error:
        raise Malformed("malformed_query", {"reason": "not percent-encoded UTF-8"}) from error


def _refuse_parameter(name: str, reason: str, **facts: Any) -> Malformed:
    return Malformed(
        "malformed_query", {"parameter": name[:NAME_CHARS_MAX], "reason": reason, **facts}
    )


def _place_of(field: Any) -> ParamTypes | None:
    return getattr(field.field_info, "in_", None)
