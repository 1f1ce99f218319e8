"""Adds the problems that any operation may answer to the OpenAPI document, their shape, and
the header that chooses their language.

A route only describes the problems that mean something else for it, or that it alone has.
"""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI

from contracts.error_codes import ERROR_TEXTS
from runtime.http.parameters import describe_header
from runtime.http.problems import MEDIA_TYPE
from runtime.openapi.document import METHODS

SCHEMA_NAME: Final = "Problem"
SCHEMA: Final[dict[str, Any]] = {
    "title": SCHEMA_NAME,
    "description": "RFC 9457. Further members are the facts of the error.",
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": sorted(ERROR_TEXTS)},
    },
    "required": ["type", "title", "status", "detail", "code"],
}

ACCEPT_LANGUAGE: Final = describe_header(
    "Accept-Language", "`ru` or `en`: the language of titles and problems"
)
"""Every operation takes it."""
_OF_ANY: Final = {
    400: "a header is malformed or repeated",
    403: "the caller is known, but may not do this",
    404: "absent or hidden",
    415: "the body is not JSON, or is encoded",
    422: "a parameter or the body is malformed",
    429: "too many requests; with Retry-After",
    503: "a database or a service behind it does not answer; with Retry-After",
}
_OF_PROTECTED: Final = {401: "no token, or an invalid one"}
_OF_WRITES: Final = {
    409: "a rule refused it; `code` says which, further members say why",
    413: "the body is too large",
}
_OF_WAITING_READS: Final = {504: "`projection_behind`: not yet at `min_position`"}
FIRST_ERROR: Final = 400
_FRAMEWORKS_OWN: Final = ("HTTPValidationError", "ValidationError")


def document_problems(app: FastAPI) -> None:
    """Make the document of `app` name the problems of every operation, and their language."""
    plain_openapi = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain_openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas[SCHEMA_NAME] = SCHEMA
        for name in _FRAMEWORKS_OWN:
            schemas.pop(name, None)
        for operations in document["paths"].values():
            for method in METHODS & operations.keys():
                _add_problems(method, operations[method])
                _add_language(operations[method])
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _add_problems(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    own_problems = {status: "" for status in map(int, responses) if status >= FIRST_ERROR}
    for status, description in (own_problems | _problems_of(method, operation)).items():
        own = responses.get(str(status), {})
        if "Validation Error" in own.get("description", ""):
            own = {}  # FastAPI's own shape. None of our processes answers with it.
        responses[str(status)] = {
            "description": own.get("description", description),
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{SCHEMA_NAME}"}}},
        }


def _add_language(operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    if ACCEPT_LANGUAGE not in parameters:  # FastAPI keeps the document.
        parameters.append(ACCEPT_LANGUAGE)


def _problems_of(method: str, operation: Mapping[str, Any]) -> dict[int, str]:
    parameters = {one["name"] for one in operation.get("parameters", ())}
    return {
        **_OF_ANY,
        **({} if operation.get("security") == [] else _OF_PROTECTED),
        **(_OF_WRITES if method != "get" else {}),
        **(_OF_WAITING_READS if "min_position" in parameters else {}),
    }
