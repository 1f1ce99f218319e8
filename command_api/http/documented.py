"""What the OpenAPI document says of a write route: routes themselves handle bare requests."""

from typing import Any

from pydantic import BaseModel

from runtime.openapi import DRY_RUN, response_schema

_PROBLEMS = {
    401: "no token, or one that does not hold",
    404: "absent or hidden",
    409: "a rule refused it; `code` says which, further members say why",
    422: "malformed body, or an Idempotency-Key that was used for another request",
    503: "the outcome is unknown or nobody leads; retry with the same Idempotency-Key",
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
_PARAMETERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "a retry with the same key is answered as the first time",
        "schema": {"type": "string", "maxLength": 200},
    },
    DRY_RUN,
]


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
) -> dict[str, Any]:
    """Keyword arguments for a route decorator: its body, answers and problems."""
    success = 201 if created else 200
    problems = _PROBLEMS | (_STALE if if_match else {})
    responses: dict[int, dict[str, Any]] = {
        status: {
            "description": description,
            "content": {"application/problem+json": {"schema": {"type": "object"}}},
        }
        for status, description in problems.items()
    }
    responses[success] = {"description": "recorded", "headers": _HEADERS}
    if response is not None:
        responses[success]["content"] = {"application/json": {"schema": response_schema(response)}}
    parameters = [*_PARAMETERS, *([_IF_MATCH] if if_match else [])]
    extra: dict[str, Any] = {"parameters": parameters}
    if body is not None:
        extra["requestBody"] = {
            "content": {"application/json": {"schema": body.model_json_schema()}},
            "required": any(field.is_required() for field in body.model_fields.values()),
        }
    return {"status_code": success, "responses": responses, "openapi_extra": extra}
