"""What the OpenAPI document says of a read route."""

from collections.abc import Sequence
from typing import Any

from runtime.openapi import response_schema

_PROBLEMS = {
    401: "no token, or one that does not hold",
    404: "absent or hidden",
    504: "`projection_behind`: not yet at `min_position`",
}
_MIN_POSITION = {
    "name": "min_position",
    "in": "query",
    "required": False,
    "description": "wait until this place in the journal is readable (`X-Position` of a write)",
    "schema": {"type": "integer"},
}


def documented(response: Any, parameters: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Keyword arguments for a route decorator; `parameters` are (name, description)."""
    problem = {"application/problem+json": {"schema": {"type": "object"}}}
    responses: dict[int, dict[str, Any]] = {
        status: {"description": text, "content": problem} for status, text in _PROBLEMS.items()
    }
    responses[200] = {
        "description": "as of `X-Position`",
        "content": {"application/json": {"schema": response_schema(response)}},
    }
    own = [
        {"name": name, "in": "query", "required": False, "description": text, "schema": {}}
        for name, text in parameters
    ]
    return {"responses": responses, "openapi_extra": {"parameters": [_MIN_POSITION, *own]}}
