"""What the notifier's routes do alike: read a request, describe it, reach the tables."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from contracts.errors import NotFound, Unavailable
from contracts.values.ids import canonical
from notifier.reader import JournalReader
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.json_body import read_json_body
from runtime.http.numbers import parse_whole_number
from runtime.http.parameters import (
    DRY_RUN,
    MIN_POSITION,
    MIN_POSITION_WAIT_S,
    Parameter,
    malformed_parameter,
    min_position_of,
    query,
)
from runtime.http.problems import malformed_body
from runtime.limits.limiter import admit
from runtime.openapi.document import response_schema
from runtime.postgres.tables import TablesUnavailable

BIGINT_MAX: Final = 2**63 - 1
INTEGER_MAX: Final = 2**31 - 1
"""What PostgreSQL's columns of these types hold."""

Guard = Callable[[Request], Awaitable[None]]
"""Raises Unauthenticated or Forbidden where the caller is no operator."""

Body = TypeVar("Body", bound=BaseModel)


@asynccontextmanager
async def tables() -> AsyncIterator[None]:
    """Raises Unavailable without PostgreSQL."""
    try:
        yield
    except TablesUnavailable as error:
        raise Unavailable from error


async def caller_of(request: Request, verifier: TokenVerifier) -> Caller:
    """Raises Unauthenticated, RateLimited."""
    caller = await verifier.authenticate(request.headers.get("authorization"))
    admit(request, caller.person_id)
    return caller


async def body_of(request: Request, kind: type[Body]) -> Body:
    """Raises Malformed."""
    try:
        return kind.model_validate_json(await read_json_body(request) or b"{}")
    except ValidationError as error:
        raise malformed_body(error.errors(include_url=False, include_input=False)) from error


def id_of(request: Request, name: str) -> str | None:
    """The id in the query, None where it is absent. Raises Malformed."""
    given = request.query_params.get(name)
    found = None if given is None else canonical(given)
    if given is not None and found is None:
        raise malformed_parameter(name)
    return found


def one_of(request: Request, name: str, known: tuple[str, ...]) -> str | None:
    """Raises Malformed."""
    given = request.query_params.get(name)
    if given is not None and given not in known:
        raise malformed_parameter(name, known=list(known))
    return given


async def reach(request: Request, reader: JournalReader) -> int:
    """Wait, bounded, for the `min_position` asked for; the position that is reached then.
    Raises Malformed, ProjectionBehind."""
    await reader.reach(min_position_of(request.query_params), MIN_POSITION_WAIT_S)
    return reader.position.state.seq


def number(request: Request, name: str) -> int | None:
    """Raises Malformed."""
    given = request.query_params.get(name)
    found = None if given is None else parse_whole_number(given)
    if given is not None and found is None:
        raise malformed_parameter(name)
    return found


def path_number(request: Request, name: str, largest: int = BIGINT_MAX) -> int:
    """Raises NotFound for what is no number, or larger than any that its column holds."""
    found = parse_whole_number(request.path_params[name])
    if found is None or found > largest:
        raise NotFound
    return found


def answers(kind: Any) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route, for its documentation."""
    content = {"application/json": {"schema": response_schema(kind)}}
    return {200: {"description": "", "content": content}}


def asks(*parameters: Parameter) -> dict[str, Any]:
    """`openapi_extra` of a route that reads."""
    return {"parameters": query(MIN_POSITION, *parameters)}


def takes(kind: type[BaseModel] | None = None) -> dict[str, Any]:
    """`openapi_extra` of a route that writes."""
    extra: dict[str, Any] = {"parameters": query(DRY_RUN)}
    if kind is not None:
        schema = kind.model_json_schema()
        extra["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return extra
