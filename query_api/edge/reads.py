"""Gives every read its caller, and the tables as they are at a known position: by one statement,
or in a snapshot for several."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from msgspec import Struct
from starlette.requests import Request

from contracts.errors import DependencyDown, NotFound, ProjectionBehind, Unavailable
from contracts.shared_rules import SharedRules
from contracts.values.ids import PersonId
from query_api.edge.history_reads import HistoryReads
from query_api.edge.positions import SELECT_POSITION, PositionWaiter
from query_api.edge.selecting import Selected, read_selected, with_position
from runtime.auth.tokens import Caller, TokenVerifier
from runtime.http.parameters import min_position_of
from runtime.limits.callers import authenticate
from runtime.outside.ports import UgcClient
from runtime.postgres.statements import Statements
from runtime.postgres.tables import TablesUnavailable, acquire_connection
from runtime.process.clock import Clock

Representation = TypeVar("Representation", bound=Struct)

# The projector migrates the tables. If this process is newer than the projector, a column may
# still be missing. In a writer the same error would be a mistake of ours.
_NOT_THERE: Final = (TablesUnavailable, asyncpg.UndefinedColumnError)


class AnyRow(Protocol):
    """Values by column name: a row from PostgreSQL, or one folded from past events."""

    def __getitem__(self, name: str, /) -> Any: ...


class TableSnapshot(Struct, frozen=True):
    """The tables at one moment, and the position that they reflect."""

    connection: PoolConnectionProxy
    position: int

    async def fetch_rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        return list(await self.connection.fetch(sql, *arguments))

    async def search_rows(self, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Fetch rows with a plan made for these very arguments. The right index depends on how
        rare a word or a status is, and a generic plan cannot know that."""
        await self.connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        return await self.fetch_rows(sql, *arguments)

    async def fetch_row(self, sql: str, *arguments: Any) -> asyncpg.Record:
        """Return the first row. Raises NotFound if there is none."""
        found = await self.connection.fetchrow(sql, *arguments)
        if found is None:
            raise NotFound
        return found


class Reads:
    """The parts that all routes share. One per process."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        statements: Statements,
        positions: PositionWaiter,
        history: HistoryReads,
        verifier: TokenVerifier,
        ugc: UgcClient,
        clock: Clock,
        rules: SharedRules,
        cell_zone: ZoneInfo,
    ) -> None:
        self._pool = pool
        self._statements = statements
        self._positions = positions
        self._verifier = verifier
        self._ugc = ugc
        self.history = history
        self.clock = clock
        self.rules = rules
        self.cell_zone = cell_zone
        """The zone of bare dates, and of evenings that state none."""

    async def authenticate(self, request: Request) -> Caller:
        """Return the caller. Raises Unauthenticated, RateLimited."""
        return await authenticate(request, self._verifier)

    async def authenticate_again(self, authorization: str | None) -> None:
        """Raises what a read with this `Authorization` header would now be refused with. Counts
        against no limit."""
        await self._verifier.authenticate(authorization)

    def demand_not_suspended(self, person_id: PersonId) -> None:
        """Raises Forbidden (`suspended`) if the person is suspended. `authenticate` checks this
        itself; only a route that takes no token needs it."""
        self._verifier.demand_not_suspended(person_id)

    async def fetch_followed(self, caller: Caller) -> list[PersonId]:
        """Return the authors whose announcements for subscribers the caller may see.

        Empty if UGC does not answer: those announcements then stay hidden. Empty also for a
        super-user, who sees everything anyway. Call it for every request, whether or not the
        announcement exists, so that the time of an answer does not tell. Call it outside a
        snapshot, so that no connection waits for UGC.
        """
        if caller.is_super:
            return []
        try:
            return list(await self._ugc.following(caller.person_id))
        except DependencyDown:
            return []

    def open_snapshot(
        self, request: Request, at_least: int = 0
    ) -> AbstractAsyncContextManager[TableSnapshot]:
        """Open a snapshot that is at `at_least` and at the request's `min_position`, or later.

        Raises Malformed, and as `open_tables` does.
        """
        return self.open_tables(max(at_least, min_position_of(request.query_params)))

    async def select(
        self, request: Request, sql: str, *arguments: Any, order: str | None = None
    ) -> Selected:
        """Return the rows of one statement at the request's `min_position` or later. Raises
        Malformed, and as `select_at` does."""
        wanted = min_position_of(request.query_params)
        return await self.select_at(wanted, sql, *arguments, order=order)

    async def select_at(
        self, wanted: int, sql: str, *arguments: Any, order: str | None = None
    ) -> Selected:
        """Return the rows of one statement, and the position that they reflect: this one or later.

        Without `order`, which is SQL, there is at most one row. The first column is never null.
        Raises as `open_tables` does.
        """
        await self._positions.wait(wanted)
        try:
            rows = await self._statements.fetch(with_position(sql, order), *arguments)
        except _NOT_THERE as error:
            raise Unavailable from error
        found = read_selected(rows)
        if found.position < wanted:
            raise ProjectionBehind(wanted, found.position)
        return found

    @asynccontextmanager
    async def open_tables(self, wanted: int) -> AsyncIterator[TableSnapshot]:
        """Open a snapshot that is at this position or later.

        Raises ProjectionBehind if the tables do not get there in time, and Unavailable without
        PostgreSQL or before its migrations.
        """
        await self._positions.wait(wanted)
        try:
            async with (
                acquire_connection(self._pool) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                position = await connection.fetchval(SELECT_POSITION) or 0
                if position < wanted:
                    raise ProjectionBehind(wanted, position)
                yield TableSnapshot(connection, position)
        except _NOT_THERE as error:
            raise Unavailable from error


def represent(kind: type[Representation], row: AnyRow, **derived: Any) -> Representation:
    """Return a `kind` made of a row: `derived` fields as given, every other field from the
    column of the same name. Raises KeyError if there is no such column."""
    for name in kind.__struct_fields__:
        if name not in derived:
            derived[name] = row[name]
    return kind(**derived)
