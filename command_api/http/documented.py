"""What the OpenAPI document says of a write route: routes themselves handle bare requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from runtime.http.parameters import DRY_RUN, MIN_POSITION, Parameter, query
from runtime.openapi.document import response_schema

_PROBLEMS = {
    401: "no token, or one that does not hold",
    404: "absent or hidden",
    409: "a rule refused it; `code` says which, further members say why",
    422: "malformed body, or an Idempotency-Key that was used for another request",
    503: "the outcome is unknown or nobody leads; retry with the same Idempotency-Key",
}
_READ_PROBLEMS = {
    422: "a parameter is malformed",
    503: "a service around us does not answer",
    504: "`projection_behind`: not yet at `min_position`",
}
_HEADERS = {
    "X-Position": {
        "description": "place in the journal; pass it as `min_position` to read this write",
        "schema": {"type": "integer"},
    },
    "Idempotency-Key": {
        "description": "the key that was used: the client's own, or one made here",
        "schema": {"type": "string"},
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "a retry with the same key is answered as the first time",
    "schema": {"type": "string", "maxLength": 200},
}

_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "`ETag`s of the evening as you know it; only their version is compared",
    "schema": {"type": "string"},
}
_STALE = {412: "`stale_version`: changed since; `version` is the one it has now"}


def document(
    response: type | None,
    body: type[BaseModel] | None = None,
    *,
    created: bool = False,
    if_match: bool = False,
    parameters: Sequence[Parameter] = (),
) -> dict[str, Any]:
    """Keyword arguments for the decorator of a write: its query parameters, body, answers
    and problems."""
    success = 201 if created else 200
    problems = _PROBLEMS | (_STALE if if_match else {})
    responses = _described(problems)
    responses[success] = {"description": "recorded", "headers": _HEADERS}
    if response is not None:
        responses[success]["content"] = {"application/json": {"schema": response_schema(response)}}
    headers = [_KEY, *([_IF_MATCH] if if_match else [])]
    extra: dict[str, Any] = {"parameters": [*headers, *query(DRY_RUN, *parameters)]}
    if body is not None:
        extra["requestBody"] = {
            "content": {"application/json": {"schema": body.model_json_schema()}},
            "required": any(field.is_required() for field in body.model_fields.values()),
        }
    return {"status_code": success, "responses": responses, "openapi_extra": extra}


def document_read(response: type) -> dict[str, Any]:
    """As `document`, for a read."""
    responses = _described({status: _PROBLEMS[status] for status in (401, 404)} | _READ_PROBLEMS)
    schema = response_schema(response)
    responses[200] = {
        "description": "as of `X-Position`",
        "content": {"application/json": {"schema": schema}},
    }
    return {"responses": responses, "openapi_extra": {"parameters": query(MIN_POSITION)}}


def _described(problems: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    content = {"application/problem+json": {"schema": {"type": "object"}}}
    return {
        status: {"description": description, "content": content}
        for status, description in problems.items()
    }
