"""Reads and describes requests for all routes of the notifier, and reaches the tables."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from contracts.errors import NotFound, ProjectionBehind, Unavailable
from contracts.values.ids import canonical_uuid
from notifier.reader import NoticeReader
from runtime.http.json_body import parse_body, read_json_body
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import (
    DRY_RUN,
    IDEMPOTENCY_KEY,
    MIN_POSITION,
    MIN_POSITION_WAIT_S,
    Parameter,
    describe_parameters,
    malformed_parameter,
    min_position_of,
)
from runtime.openapi.document import response_schema
from runtime.postgres.tables import TablesUnavailable

BIGINT_MAX: Final = 2**63 - 1
INTEGER_MAX: Final = 2**31 - 1
"""Largest values of PostgreSQL's columns of these types."""

Guard = Callable[[Request], Awaitable[str | None]]
"""Returns the name of the operator, None if the token names nobody. Raises Unauthenticated if the
caller is no operator."""

Body = TypeVar("Body", bound=BaseModel)


@asynccontextmanager
async def unavailable_without_tables() -> AsyncIterator[None]:
    """Turn TablesUnavailable into Unavailable."""
    try:
        yield
    except TablesUnavailable as error:
        raise Unavailable from error


async def read_body(request: Request, kind: type[Body]) -> Body:
    """Return the body of the request as a `kind`. Raises Malformed."""
    return parse_body(kind, await read_json_body(request))


def parse_id(request: Request, name: str) -> str | None:
    """Return the id in this query parameter, None without it. Raises Malformed."""
    given = request.query_params.get(name)
    found = None if given is None else canonical_uuid(given)
    if given is not None and found is None:
        raise malformed_parameter(name)
    return found


def parse_choice(request: Request, name: str, known: tuple[str, ...]) -> str | None:
    """Return the value of this query parameter, None without it. Raises Malformed unless it is
    one of `known`."""
    given = request.query_params.get(name)
    if given is not None and given not in known:
        raise malformed_parameter(name, known=list(known))
    return given


async def wait_for_position(request: Request, reader: NoticeReader) -> int:
    """Wait for a bounded time until the outbox is at the request's `min_position`. Returns its
    position. Raises Malformed and ProjectionBehind."""
    wanted = min_position_of(request.query_params)
    reached = await reader.reach(wanted, MIN_POSITION_WAIT_S)
    position = reader.position.state.seq
    if not reached:
        raise ProjectionBehind(wanted, position)
    return position


def parse_number(request: Request, name: str) -> int | None:
    """Return the number in this query parameter, None without it. Raises Malformed."""
    given = request.query_params.get(name)
    found = None if given is None else parse_whole_number(given)
    if given is not None and found is None:
        raise malformed_parameter(name)
    return found


def parse_path_number(request: Request, name: str, largest: int = BIGINT_MAX) -> int:
    """Return the number in this part of the path. Raises NotFound if it is not a number, or is
    larger than its column can hold."""
    found = parse_whole_number(request.path_params[name])
    if found is None or found > largest:
        raise NotFound
    return found


def document_answer(kind: Any) -> dict[int | str, dict[str, Any]]:
    """Return `responses` of a route, for the API document."""
    content = {"application/json": {"schema": response_schema(kind)}}
    return {200: {"description": "", "content": content}}


def document_read(*parameters: Parameter) -> dict[str, Any]:
    """Return `openapi_extra` of a route that reads."""
    return {"parameters": describe_parameters(MIN_POSITION, *parameters)}


def document_write(kind: type[BaseModel] | None = None, *, keyed: bool = False) -> dict[str, Any]:
    """Return `openapi_extra` of a route that writes; of one that takes an idempotency key if it
    is `keyed`."""
    headers = [IDEMPOTENCY_KEY] if keyed else []
    extra: dict[str, Any] = {"parameters": [*headers, *describe_parameters(DRY_RUN)]}
    if kind is not None:
        schema = kind.model_json_schema()
        extra["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return extra
