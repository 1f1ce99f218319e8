"""What the OpenAPI document says of a read route."""

from collections.abc import Sequence
from typing import Any, Final

from runtime.http.parameters import MIN_POSITION, Parameter, query
from runtime.openapi.document import response_schema

INSTANT: Final = {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]}
ID: Final = {"type": "string", "format": "uuid"}


def one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def some_of(*values: str) -> dict[str, Any]:
    return {"type": "array", "items": one_of(*values)}


_PROBLEMS: Final = {
    401: "no token, or one that does not hold",
    404: "absent or hidden",
    422: "a parameter is malformed",
    503: "`unavailable`: the database behind it, or its tables, are away; with Retry-After",
    504: "`projection_behind`: not yet at `min_position`, or at `as_of`",
}
WITHOUT_TOKEN: Final[dict[str, Any]] = {"security": [], "parameters": query(MIN_POSITION)}
"""`openapi_extra` of a route that anybody may read."""


def documented(
    response: Any, parameters: Sequence[Parameter] = (), *, or_else: Any = None
) -> dict[str, Any]:
    """Keyword arguments for a route decorator. `or_else` is another shape of the answer, which
    a parameter may ask for."""
    shapes = [response_schema(one) for one in (response, or_else) if one is not None]
    problem = {"application/problem+json": {"schema": {"type": "object"}}}
    responses: dict[int, dict[str, Any]] = {
        status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()
    }
    responses[200] = {
        "description": "as of `X-Position`",
        "content": {
            "application/json": {"schema": shapes[0] if or_else is None else {"anyOf": shapes}}
        },
    }
    return {
        "responses": responses,
        "openapi_extra": {"parameters": query(MIN_POSITION, *parameters)},
    }
