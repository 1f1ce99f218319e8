"""Answers errors as RFC 9457 problems; holds the one table from error code to status.

A problem has `type`, `title`, `status`, `detail`, `instance` and `code`, and also the facts
of the error. Clients branch on `code`; `detail` is in the language of the request. Absent and
hidden things get byte-identical problems: a `not_found` has no facts, and its instance
contains the names of the path's parameters instead of their values.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.error_codes import (
    RECORDED_REFUSALS,
    ErrorCode,
    describe,
)
from contracts.errors import (
    CommandError,
    Malformed,
    NotFound,
)
from contracts.failure_codes import FailureCode
from contracts.values.languages import API_LANGUAGE, Language, Text
from runtime.http.json_body import malformed_body
from runtime.http.methods import allowed_methods
from runtime.http.negotiation import language_of

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:practix:problem:"
RETRY_AFTER_S: Final = 1

_STATUS_OF_FAILURE: Final[dict[FailureCode, int]] = {
    "malformed_request": 400,
    "malformed_header": 400,
    "unauthenticated": 401,
    "token_expired": 401,
    "forbidden": 403,
    "suspended": 403,
    "erasing": 403,
    "wrong_erasure_token": 403,
    "film_not_allowed": 403,
    "own_sql_barred": 403,
    "question_name_taken": 403,
    "too_many_saved_questions": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "verify_running": 409,
    "rebuild_running": 409,
    "retry_running": 409,
    "tables_being_made": 409,
    "stale_version": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "unknown_host": 421,
    "malformed_body": 422,
    "malformed_query": 422,
    "malformed_cursor": 422,
    "episode_missing": 422,
    "no_such_episode": 422,
    "naive_time": 422,
    "time_in_past": 422,
    "price_when_free": 422,
    "wished_time_too_short": 422,
    "unknown_target": 422,
    "hold_out_of_range": 422,
    "broadcast_out_of_range": 422,
    "key_reused": 422,
    "rate_limited": 429,
    "head_too_large": 431,
    "internal_error": 500,
    "needs_fact": 500,  # It never leaves the process; if it does, that is our mistake.
    "unavailable": 503,
    "busy": 503,
    "outcome_unknown": 503,
    "no_leader": 503,
    "not_enabled_yet": 503,
    "dependency_down": 503,
    "projection_behind": 504,
    "no_room": 507,
}

STATUS: Final = dict.fromkeys(RECORDED_REFUSALS, 409) | _STATUS_OF_FAILURE
"""The HTTP status of every code of `contracts.error_codes`; all refusals are 409."""

_CODE_OF_STATUS: Final[dict[int, FailureCode]] = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "malformed_body",
    429: "rate_limited",
    503: "unavailable",
}
"""The codes that replace the framework's own HTTP errors."""

_encode: Final = msgspec.json.Encoder().encode


def problem(
    code: ErrorCode,
    *,
    language: Language = API_LANGUAGE,
    detail: str | None = None,
    instance: str | None = None,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response for `code`. Raises KeyError if `STATUS` lacks the code.

    `facts` become further members of the problem, but never replace the standard ones.
    """
    status = STATUS[code]
    body: dict[str, Any] = _say_facts(facts or {}, language) | {
        "type": TYPE_PREFIX + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or describe(code, language),
        "instance": instance,
        "code": code,
    }
    if instance is None:
        del body["instance"]
    own = _headers(code, status, body) | {"Content-Language": language} | dict(headers or {})
    return Response(_encode(body), status, own, MEDIA_TYPE)


def problem_of(
    request: Request, error: CommandError, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the response for `error` in the language of `request`."""
    return problem(
        error.code,
        language=language_of(request),
        instance=_instance(request, error.code),
        facts=error.facts,
        headers=headers,
    )


def problem_of_error(request: Request, error: Exception) -> Response:
    """Return the response for anything that a handler raised. Says nothing about an error that
    nobody expected."""
    match error:
        case CommandError():
            return problem_of(request, error)
        case RequestValidationError():
            return problem_of(request, _error_for_invalid(error.errors()))
        case HTTPException():
            return _problem_of_http(request, error)
        case _:
            return problem_of(request, CommandError("internal_error"))


def install_problems(app: FastAPI) -> None:
    """Answer every error of `app` with a problem; an unexpected one with 500 and no details."""
    for kind in (CommandError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _on_error)


async def _on_error(request: Request, error: Exception) -> Response:
    """Answer an error. Starlette raises an unexpected one again, and the server logs it."""
    return problem_of_error(request, error)


def _problem_of_http(request: Request, error: HTTPException) -> Response:
    fallback: FailureCode = "malformed_request" if error.status_code < 500 else "internal_error"
    code = _CODE_OF_STATUS.get(error.status_code, fallback)
    if code == "not_found":
        return problem_of(request, NotFound())
    headers = dict(error.headers or {})
    if code == "method_not_allowed":
        headers["Allow"] = allowed_methods(request)
    return problem_of(request, CommandError(code), headers=headers)


def _error_for_invalid(errors: Sequence[Mapping[str, Any]]) -> CommandError:
    """Return the error for a request that FastAPI found invalid. A malformed id in the path
    names nothing, so it is answered with 404 like any other missing thing."""
    places = {error["loc"][0] if error["loc"] else "body" for error in errors}
    if "path" in places:
        return NotFound()
    if "body" in places:
        return malformed_body(errors)
    code: FailureCode = "malformed_query" if "query" in places else "malformed_header"
    return Malformed(code, malformed_body(errors).facts)


def _say_facts(facts: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return the facts, with the reasons of wrong fields in one language."""
    said = dict(facts)
    if "errors" in said:
        said["errors"] = [{**one, "reason": _say_reason(one, language)} for one in said["errors"]]
    return said


def _say_reason(error: Mapping[str, Any], language: Language) -> str:
    reason = error.get("reason") or describe(error["code"], language)
    return reason.in_language(language) if isinstance(reason, Text) else str(reason)


def _headers(code: ErrorCode, status: int, body: Mapping[str, Any]) -> dict[str, str]:
    match status:
        case 401:
            reason = ', error="invalid_token"' if code == "token_expired" else ""
            return {"WWW-Authenticate": f'Bearer realm="practix"{reason}'}
        case 429 | 503 | 504:
            return {"Retry-After": str(body.get("retry_after_s", RETRY_AFTER_S))}
        case _:
            return {}


def _instance(request: Request, code: ErrorCode) -> str:
    path = request.scope["path"]
    if code != "not_found":
        return str(path)
    names = {str(value): name for name, value in request.scope.get("path_params", {}).items()}
    parts = (f"{{{names[part]}}}" if part in names else part for part in path.split("/"))
    return "/".join(parts)
