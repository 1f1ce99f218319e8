"""Reads JSON bodies of requests, and makes JSON responses."""

import json
from collections.abc import Iterable, Mapping, Sequence
from email.message import Message
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

import msgspec
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from contracts.error_codes import is_error_code
from contracts.errors import Malformed, TooLarge, UnsupportedMediaType
from contracts.field_errors import explain_field_error
from runtime.http.numbers import parse_whole_number
from runtime.http.page_headers import JSON_TYPE, RawHeaders

Model = TypeVar("Model", bound=BaseModel)

JSON: Final = "application/json"
BODY_BYTES_MAX: Final = 64 * 1024

_CODE_OF_VALIDATION: Final = {"timezone_aware": "naive_time"}
"""Pydantic's error types that have a code of their own here."""

_ERRORS_MAX: Final = 20
_encode: Final = msgspec.json.Encoder().encode


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a JSON response. msgspec must be able to encode `value`."""
    return Response(_encode(value), status, headers, JSON)


class FinishedJson(Response):
    """A JSON response of which nothing is left to be encoded."""

    def __init__(self, body: bytes, status: int, headers: RawHeaders) -> None:
        """`headers` are those besides length and type, with names in lower case."""
        self.body = body
        self.status_code = status
        self.background = None
        self.raw_headers = [
            *headers,
            (b"content-length", b"%d" % len(body)),
            JSON_TYPE,
        ]


async def read_json_body(request: Request, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """Return the body of a JSON request; empty if it has none. Raises as `read_peers_json_body`
    and `demand_unique_keys` do."""
    body = await read_peers_json_body(request, bytes_max)
    demand_unique_keys(body)
    return body


async def read_peers_json_body(request: Request, bytes_max: int) -> bytes:
    """Return the body of a JSON request that a process of ours has sent, so that its keys need no
    check; empty if it has none.

    Raises UnsupportedMediaType if another type or charset is declared, TooLarge as soon as
    more than `bytes_max` bytes are announced or have come, and Malformed.
    """
    headers = request.headers
    declared = headers.get("content-length", "0")
    announced = parse_whole_number(declared)
    if announced is None:
        raise Malformed("malformed_header")
    if announced > bytes_max:
        raise TooLarge(facts={"bytes_max": bytes_max})
    if declared == "0" and "transfer-encoding" not in headers:
        return b""
    body = await _read(request, bytes_max)
    if body and not _is_json(headers.get("content-type", JSON)):
        raise UnsupportedMediaType()
    return body


async def _read(request: Request, bytes_max: int) -> bytes:
    """Return the whole body, which nearly always comes in one piece. Raises TooLarge, and
    ClientDisconnect."""
    body = b""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += cast(bytes, message.get("body", b""))
        if len(body) > bytes_max:
            raise TooLarge(facts={"bytes_max": bytes_max})
        if not message.get("more_body", False):
            return body


def parse_body(model: type[Model], raw: bytes) -> Model:
    """Return the body as a `model`. Reads an empty body as an object without members: then all
    requests share one, so nobody may change it.

    Raises Malformed, which names the wrong fields and says why they are wrong.
    """
    try:
        return model.model_validate_json(raw) if raw else _parse_empty(model)
    except ValidationError as error:
        raise malformed_body(error.errors(include_url=False, include_input=False)) from error


@lru_cache(maxsize=256)
def _parse_empty(model: type[Model]) -> Model:
    return model.model_validate_json(b"{}")


def malformed_body(errors: Iterable[Mapping[str, Any]]) -> Malformed:
    """Return the error for pydantic's findings about a body (`ValidationError.errors()`).

    A validator may raise `PydanticCustomError` with a code of the catalogue as its type.
    The problem then gets that code. The facts say which fields are wrong, and why.
    """
    found = [_field_error(error) for error in errors][:_ERRORS_MAX]
    code = next((one["code"] for one in found if is_error_code(one["code"])), None)
    return Malformed(code, {"errors": found})


def demand_unique_keys(body: bytes) -> None:
    """Raises Malformed if a JSON object in `body` has a repeated key, because parsers disagree
    on which value counts, or if `body` is nested too deeply. Accepts a body that is not JSON:
    its parser will refuse it."""
    if body.count(b":") < 2:
        return
    try:
        # Numbers do not matter here, and a very long one must not end the check: Python refuses it.
        json.loads(body.decode(), object_pairs_hook=_demand_unique, parse_int=len)
    except RecursionError as error:
        raise _body_error("nested_too_deeply", "nested too deeply") from error
    except ValueError:
        return


def _demand_unique(pairs: Sequence[tuple[str, Any]]) -> None:
    names = set()
    for name, _ in pairs:
        if name in names:
            raise _body_error("repeated_key", "a key is repeated in one object", name)
        names.add(name)


def _body_error(code: str, reason: str, field: str = "") -> Malformed:
    return Malformed(facts={"errors": [{"field": field[:100], "code": code, "reason": reason}]})


def _field_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """Describe one wrong field. Never repeats the input, which may be large or private. The reason
    is a `Text` if a person may have caused the error."""
    place = [str(part) for part in error["loc"] if part != "body"]
    kind = str(error["type"])
    code = _CODE_OF_VALIDATION.get(kind, kind)
    reason = explain_field_error(code, error.get("ctx", {})) or str(error["msg"])
    return {"field": ".".join(place), "code": code, "reason": reason}


def _is_json(content_type: str) -> bool:
    """Return whether the header names JSON, and UTF-8 if it names a charset."""
    media_type, _, parameters = content_type.partition(";")
    media_type = media_type.strip().lower()
    if media_type != JSON and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        return False
    return not parameters or _charset(content_type) in (None, "utf-8")


def _charset(content_type: str) -> str | None:
    message = Message()
    message["Content-Type"] = content_type
    return message.get_content_charset()
