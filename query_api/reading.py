"""What every read does alike: who asks, at which position, from one snapshot, with a tag."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import DependencyDown, Malformed, NotFound, Unavailable
from contracts.ids import PersonId, canonical
from query_api.positions import SELECT_POSITION, PositionWaiter
from runtime.entity_tag import entity_tag, matches
from runtime.http import JSON
from runtime.neighbours.ports import UgcClient
from runtime.tokens import Caller, TokenVerifier

NOBODY: Final[frozenset[PersonId]] = frozenset()
_encode: Final = msgspec.json.Encoder().encode


class Snapshot(Struct, frozen=True):
    """The tables at one moment, and the position they then reflect."""

    connection: PoolConnectionProxy
    position: int

    async def rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        return list(await self.connection.fetch(sql, *arguments))

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
    ) -> None:
        self._pool = pool
        self._positions = positions
        self._verifier = verifier
        self._ugc = ugc

    async def caller(self, request: Request) -> Caller:
        """Raises Unauthenticated."""
        return await self._verifier.authenticate(request.headers.get("authorization"))

    async def follows(self, author_id: PersonId, viewer: PersonId) -> bool:
        """Without an answer from UGC a subscribers-only evening stays hidden."""
        try:
            return await self._ugc.follows(author_id, viewer)
        except DependencyDown:
            return False

    async def following(self, viewer: PersonId) -> frozenset[PersonId]:
        try:
            return await self._ugc.following(viewer)
        except DependencyDown:
            return NOBODY

    @asynccontextmanager
    async def snapshot(self, request: Request) -> AsyncIterator[Snapshot]:
        """The tables, at `min_position` or later where the request asks for it. Raises
        ProjectionBehind, and Unavailable without PostgreSQL."""
        wanted = request.query_params.get("min_position")
        if wanted is not None:
            if not wanted.isdecimal() or len(wanted) > 18:
                raise Malformed("malformed_query", {"parameter": "min_position"})
            await self._positions.wait(int(wanted))
        try:
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                position = await connection.fetchval(SELECT_POSITION)
                yield Snapshot(connection, position or 0)
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
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
    body = _encode(content)
    tag = entity_tag(body, version)
    own = {
        "X-Position": str(position),
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Language",
        **(headers or {}),
    }
    if matches(tag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=own)
    return Response(body, 200, own, JSON)
