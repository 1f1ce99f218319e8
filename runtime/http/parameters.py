"""Declares and reads query parameters and headers, and reads ids in the path.

A route puts its declarations into the OpenAPI document with `describe_parameters`.
`runtime.http.api_route` reads them there and refuses every other name.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from starlette.datastructures import QueryParams
from starlette.requests import Request

from contracts.errors import Malformed, NotFound
from contracts.values.ids import PersonId, canonical_uuid
from runtime.http.numbers import parse_whole_number

TEXT: Final = {"type": "string"}
BOOLEAN: Final = {"type": "boolean"}
POSITION: Final = {"type": "integer", "minimum": 0}


class Parameter(NamedTuple):
    """A query parameter. Lists of values are separated by commas."""

    name: str
    text: str
    schema: Mapping[str, Any] = TEXT


def describe_header(name: str, text: str, schema: Mapping[str, Any] = TEXT) -> dict[str, Any]:
    """Return a header of a request as the OpenAPI document lists it."""
    return {"name": name, "in": "header", "required": False, "description": text, "schema": schema}


DRY_RUN: Final = Parameter("dry_run", "decide and answer, but record nothing", BOOLEAN)
"""Every write takes it; read it with `is_dry_run`."""

IDEMPOTENCY_KEY: Final = describe_header(
    "Idempotency-Key",
    "a retry with the same key gets the same answer as the first time",
    {**TEXT, "maxLength": 200},
)
"""Read it with `idempotency_key_of`."""

_KEY: Final = re.compile(r"[!-~]{1,200}")

MIN_POSITION: Final = Parameter(
    "min_position",
    "wait until this position of the journal can be read (`X-Position` of a write)",
    POSITION,
)
"""Every read takes it; read it with `min_position_of`."""

MIN_POSITION_WAIT_S: Final = 2.0
"""How long a read waits for that position, unless a setting says otherwise."""


def malformed_parameter(parameter: str, **allowed: Any) -> Malformed:
    """Return the error for a wrong value of a parameter. `allowed` tells the client which values
    are right: `known`, `minimum`, `maximum`, …"""
    return Malformed("malformed_query", {"parameter": parameter, **allowed})


def min_position_of(parameters: QueryParams) -> int:
    """Return the position to wait for; 0 if none is asked for. Raises Malformed."""
    position = parse_whole_number(parameters.get(MIN_POSITION.name, "0"))
    if position is None:
        raise malformed_parameter(MIN_POSITION.name)
    return position


def idempotency_key_of(request: Request) -> str | None:
    """Return the client's idempotency key; None if it sent none. Raises Malformed."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Malformed("malformed_header", {"header": "Idempotency-Key"})
    return key


def is_dry_run(request: Request) -> bool:
    """Return whether the write is only a trial: `?dry_run=true`.

    Raises Malformed unless the value is a single `true` or `false`: a trial must never be
    recorded by mistake.
    """
    if not request.scope["query_string"]:
        return False
    if len(request.query_params.getlist(DRY_RUN.name)) > 1:
        raise malformed_parameter(DRY_RUN.name)
    return is_true(request.query_params, DRY_RUN.name)


def is_true(parameters: QueryParams, name: str) -> bool:
    """Return whether the parameter is given and true. Raises Malformed."""
    text = parameters.get(name)
    return text is not None and parse_boolean(text, name)


def parse_boolean(text: str, parameter: str) -> bool:
    """Return the boolean. Raises Malformed unless the text is `true` or `false`."""
    if text not in ("true", "false"):
        raise malformed_parameter(parameter, known=["true", "false"])
    return text == "true"


def path_id(request: Request, name: str) -> str:
    """Return the id in the path, in canonical spelling. Raises NotFound if it is not a UUID."""
    found = canonical_uuid(request.path_params[name])
    if found is None:
        raise NotFound
    return found


def path_person(request: Request, caller_id: PersonId) -> PersonId:
    """Return the `user_id` in the path; `me` is the caller. Raises NotFound if it is not a
    UUID."""
    if request.path_params["user_id"] == "me":
        return caller_id
    return PersonId(path_id(request, "user_id"))


def describe_parameters(*parameters: Parameter) -> list[dict[str, Any]]:
    """Return the parameters as the OpenAPI document lists them."""
    return [_describe(parameter) for parameter in parameters]


def _describe(parameter: Parameter) -> dict[str, Any]:
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
