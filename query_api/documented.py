"""What the OpenAPI document says of a read route."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from runtime.openapi import response_schema


class Parameter(NamedTuple):
    """A query parameter. Lists of values are separated by commas."""

    name: str
    text: str
    schema: Mapping[str, Any] = {"type": "string"}


INSTANT: Final = {"anyOf": [{"type": "string", "format": form} for form in ("date-time", "date")]}
BOOLEAN: Final = {"type": "boolean"}
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
WITHOUT_TOKEN: Final[dict[str, Any]] = {"security": []}
"""`openapi_extra` of a route that anybody may read."""

_MIN_POSITION: Final = Parameter(
    "min_position",
    "wait until this place in the journal is readable (`X-Position` of a write)",
    {"type": "integer", "minimum": 0},
)


def documented(response: Any, parameters: Sequence[Parameter] = ()) -> dict[str, Any]:
    """Keyword arguments for a route decorator."""
    problem = {"application/problem+json": {"schema": {"type": "object"}}}
    responses: dict[int, dict[str, Any]] = {
        status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()
    }
    responses[200] = {
        "description": "as of `X-Position`",
        "content": {"application/json": {"schema": response_schema(response)}},
    }
    described = [_described(parameter) for parameter in (_MIN_POSITION, *parameters)]
    return {"responses": responses, "openapi_extra": {"parameters": described}}


def _described(parameter: Parameter) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.text,
        "schema": parameter.schema,
    }
    if parameter.schema.get("type") == "array":
        described |= {"style": "form", "explode": False}
    return described
