"""Builds what all read routes have in common: router, documentation, and answer."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from runtime.http.api_route import ApiRoute
from runtime.http.entity_tag import entity_tag, matches
from runtime.http.json_body import FinishedJson
from runtime.http.page_headers import RawHeaders
from runtime.http.parameters import (
    MIN_POSITION,
    Parameter,
    describe_header,
    describe_parameters,
)
from runtime.openapi.document import response_schema

_PROBLEMS: Final = {
    422: "a parameter is malformed",
    503: "`unavailable`: the database behind it, or its tables, are away; with Retry-After",
    504: "`projection_behind`: not yet at `min_position`, or at `as_of`",
}
IF_NONE_MATCH: Final = describe_header(
    "If-None-Match", "`ETag`s of answers that you have; 304 if the answer would be one of them"
)
_HEADERS: Final = {
    "X-Position": {
        "description": "the position of the journal that the answer reflects",
        "schema": {"type": "integer"},
    },
    "ETag": {"description": "for `If-None-Match`", "schema": {"type": "string"}},
}
_CACHING: Final = {
    b"cache-control": b"private, no-cache",
    b"vary": b"Authorization, Accept-Language",
}
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
_NOT_MODIFIED: Final = {"description": "as `If-None-Match` says, the client has it already"}

_encode: Final = msgspec.json.Encoder().encode


def new_router() -> APIRouter:
    """Return a router for the read routes of one module."""
    return APIRouter(prefix="/api/v1", route_class=ApiRoute)


def document(
    response: Any,
    parameters: Sequence[Parameter] = (),
    *,
    or_else: Any = None,
    token_optional: bool = False,
) -> dict[str, Any]:
    """Return the keyword arguments of a route's decorator that describe it in the API document.

    `response` is the type of the answer, and `or_else` a second one that a parameter may ask for.
    With `token_optional` anybody may read it, and a token tells more.
    """
    shapes = [response_schema(one) for one in (response, or_else) if one is not None]
    responses: dict[int, dict[str, Any]] = {
        status: {"description": text} for status, text in _PROBLEMS.items()
    }
    responses[304] = _NOT_MODIFIED
    responses[200] = {
        "description": "as of `X-Position`",
        "headers": _HEADERS,
        "content": {
            "application/json": {"schema": shapes[0] if or_else is None else {"anyOf": shapes}}
        },
    }
    extra: dict[str, Any] = {"parameters": _describe_reading(parameters)}
    if token_optional:
        extra["security"] = [{}, {"bearer": []}]
    return {"responses": responses, "openapi_extra": extra}


def document_file(
    parameters: Sequence[Parameter] = (), *, without_token: bool = False
) -> dict[str, Any]:
    """Return the keyword arguments of a route's decorator that describe it, if it answers with
    something else than JSON. With `without_token` anybody may read it."""
    extra: dict[str, Any] = {"parameters": _describe_reading(parameters)}
    if without_token:
        extra["security"] = []
    return {"responses": {304: _NOT_MODIFIED}, "openapi_extra": extra}


def _describe_reading(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    return [*describe_parameters(MIN_POSITION, *parameters), IF_NONE_MATCH]


def answer(
    request: Request,
    content: Any,
    position: int,
    *,
    version: int | None = None,
    headers: Mapping[str, str] = NO_HEADERS,
) -> Response:
    """Return `content` as JSON, as it was at `position`; 304 if the client has it already.
    Nothing of it is left to be encoded.

    `version` becomes part of the entity tag, so that the client can demand it in a later write.
    `headers` replace default ones of the same name.
    """
    body = _encode(content)
    tag = entity_tag(body, version)
    own = [(b"x-position", b"%d" % position), (b"etag", tag.encode()), *_add_caching(headers)]
    if matches(tag, request.headers.get("if-none-match")):
        return _not_modified(own)
    return FinishedJson(body, 200, own)


def answer_bytes(
    request: Request,
    body: bytes,
    media_type: str,
    position: int,
    headers: Mapping[str, str],
    *,
    version: int | None = None,
) -> Response:
    """Return `body` as `answer` returns JSON, but without its caching headers."""
    tag = entity_tag(body, version)
    own = {"X-Position": str(position), "ETag": tag, **headers}
    if matches(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=own)
    return Response(body, 200, own, media_type)


def _add_caching(headers: Mapping[str, str]) -> Iterable[tuple[bytes, bytes]]:
    if not headers:
        return _CACHING.items()
    own = {name.lower().encode(): value.encode() for name, value in headers.items()}
    return (_CACHING | own).items()


def _not_modified(headers: RawHeaders) -> Response:
    response = Response(status_code=304)
    response.raw_headers += headers
    return response
