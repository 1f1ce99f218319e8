"""Describes the routes of `noun_routes` for the API document.

FastAPI cannot do it: it sees only handlers that take a bare request and return finished bytes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from command_api.http.bodies import NoBody, WriteBody
from runtime.http.parameters import (
    DRY_RUN,
    IDEMPOTENCY_KEY,
    MIN_POSITION,
    Parameter,
    describe_header,
    describe_parameters,
)
from runtime.openapi.document import response_schema

_PROBLEMS = {
    422: "malformed body, or an Idempotency-Key that was used for another request",
    503: "the outcome is unknown or nobody leads; retry with the same Idempotency-Key",
}
_READ_PROBLEMS = {
    422: "a parameter is malformed",
    503: "an outside service does not answer",
    504: "`projection_behind`: not yet at `min_position`",
}
_HEADERS = {
    "X-Position": {
        "description": "position in the journal; pass it as `min_position` to read this write",
        "schema": {"type": "integer"},
    },
    "Idempotency-Key": {
        "description": "the key that was used: the client's own, or one made here",
        "schema": {"type": "string"},
    },
}

_IF_MATCH = describe_header(
    "If-Match", "`ETag`s of the announcement as you know it; only their version is compared"
)
_STALE = {412: "`stale_version`: it was changed since then; `version` is the one it has now"}


def document_write(
    answer: type | None,
    body: type[WriteBody],
    *,
    created: bool,
    may_exist: bool = False,
    accepted: type | None = None,
    if_match: bool,
    parameters: Sequence[Parameter],
) -> dict[str, Any]:
    """Return FastAPI's arguments for a write route: parameters, body, answer and problems."""
    success = 201 if created else 200
    responses = _describe_problems(_PROBLEMS | (_STALE if if_match else {}))
    responses[success] = {"description": "recorded", "headers": _HEADERS}
    if answer is not None:
        responses[success]["content"] = {"application/json": {"schema": response_schema(answer)}}
    if may_exist:
        responses[200] = {**responses[success], "description": "it was there already"}
    if accepted is not None:
        responses[202] = {
            "description": "recorded; it is being carried out",
            "headers": _HEADERS,
            "content": {"application/json": {"schema": response_schema(accepted)}},
        }
    headers = [IDEMPOTENCY_KEY, *([_IF_MATCH] if if_match else [])]
    extra: dict[str, Any] = {"parameters": [*headers, *describe_parameters(DRY_RUN, *parameters)]}
    if body is not NoBody:
        extra["requestBody"] = {
            "content": {"application/json": {"schema": body.model_json_schema()}},
            "required": any(field.is_required() for field in body.model_fields.values()),
        }
    return {"status_code": success, "responses": responses, "openapi_extra": extra}


def document_read(answer: Any) -> dict[str, Any]:
    """Return FastAPI's arguments for a read route."""
    responses = _describe_problems(_READ_PROBLEMS)
    responses[200] = {
        "description": "as of `X-Position`",
        "content": {"application/json": {"schema": response_schema(answer)}},
    }
    return {
        "responses": responses,
        "openapi_extra": {"parameters": describe_parameters(MIN_POSITION)},
    }


def _describe_problems(problems: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    return {status: {"description": description} for status, description in problems.items()}
