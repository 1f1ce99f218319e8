"""What every read does alike: who asks, at which position, from one snapshot, with a tag."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import DependencyDown, NotFound, ProjectionBehind, Unavailable
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId, canonical
from query_api.edge.positions import SELECT_POSITION, PositionWaiter
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.entity_tag import entity_tag, matches
from runtime.http.json_body import JSON
from runtime.http.parameters import min_position_of
from runtime.limits.limiter import admit
from runtime.outside.ports import UgcClient
from runtime.postgres.tables import TablesUnavailable, acquire_connection

_encode: Final = msgspec.json.Encoder().encode


class Row(Protocol):
    """Fields by name, whether PostgreSQL or a fold of events brings them."""

    def __getitem__(self, name: str, /) -> Any: ...


class Snapshot(Struct, frozen=True):
    """The tables at one moment, and the position they then reflect."""

    connection: PoolConnectionProxy
    position: int

    async def rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        return list(await self.connection.fetch(sql, *arguments))

    async def search(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """As `rows`, with a plan for these very arguments: how rare a word or a status is
        decides which index is the right one, and a plan for any argument cannot know."""
        await self.connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        return await self.rows(sql, *arguments)

    async def row(self, sql: str, *arguments: Any) -> asyncpg.Record:
        """Raises NotFound where there is none."""
        found = await self.connection.fetchrow(sql, *arguments)
        if found is None:
            raise NotFound
        return found


class Reads:
    """What the routes share. One per process."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        positions: PositionWaiter,
        verifier: TokenVerifier,
        ugc: UgcClient,
        rules: SharedRules,
        days_of: ZoneInfo,
    ) -> None:
        self._pool = pool
        self._positions = positions
        self._verifier = verifier
        self._ugc = ugc
        self.rules = rules
        self.days_of = days_of
        """The zone in which a date without a time of day begins and ends."""

    async def caller(self, request: Request) -> Caller:
        """Raises Unauthenticated, RateLimited."""
        caller = await self._verifier.authenticate(request.headers.get("authorization"))
        admit(request, caller.person_id)
        return caller

    def demand_not_suspended(self, person_id: PersonId) -> None:
        """Of who shows another secret than a token. Raises Forbidden `suspended`."""
        self._verifier.demand_not_suspended(person_id)

    async def followed_by(self, caller: Caller) -> list[PersonId]:
        """Whose subscribers-only evenings the caller sees; without an answer from UGC they
        stay hidden. A super-user sees all without it. To be asked for whatever the request
        names, and outside a snapshot: so the time of an answer tells nobody what exists, and
        no connection waits for UGC."""
        if caller.is_super:
            return []
        try:
            return list(await self._ugc.following(caller.person_id))
        except DependencyDown:
            return []

    @asynccontextmanager
    async def snapshot(self, request: Request, at_least: int = 0) -> AsyncIterator[Snapshot]:
        """The tables, at `at_least` or later, and at `min_position` or later where the
        request asks for it. Raises ProjectionBehind, and Unavailable without PostgreSQL or
        before its migrations."""
        wanted = max(at_least, min_position_of(request.query_params))
        await self._positions.wait(wanted)
        try:
            async with (
                acquire_connection(self._pool) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                position = await connection.fetchval(SELECT_POSITION) or 0
                if position < wanted:
                    raise ProjectionBehind(wanted, position)
                yield Snapshot(connection, position)
        except (TablesUnavailable, asyncpg.UndefinedColumnError) as error:
            # A column may be missing where this version came before its migrations: the
            # projector brings them. To who writes, it is a mistake.
            raise Unavailable from error


def path_id(request: Request, name: str) -> str:
    """Raises NotFound for what is no id."""
    found = canonical(request.path_params[name])
    if found is None:
        raise NotFound
    return found


def answer(
    request: Request,
    content: Any,
    position: int,
    *,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The finished answer, or 304 where the client has it already."""
    own = {
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Language",
        **(headers or {}),
    }
    return finished(request, _encode(content), JSON, position, own, version=version)


def finished(
    request: Request,
    body: bytes,
    media_type: str,
    position: int,
    headers: Mapping[str, str],
    *,
    version: int | None = None,
) -> Response:
    """As `answer`, for what is no JSON."""
    tag = entity_tag(body, version)
    own = {"X-Position": str(position), "ETag": tag, **headers}
    if matches(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=own)
    return Response(body, 200, own, media_type)
