"""Serves a command process over SQLite and the stand-in on loopback, for tests over HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from fastapi import FastAPI
from pydantic import SecretStr

from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.http.peers.client import HttpPeers
from command_api.image.sqlite.store import SqliteStore
from command_api.leader.timing import Timing
from command_api.service import CommandService
from contracts.journal.records import Commit
from contracts.values.times import to_ms
from neighbours.app import StandInState, build_router
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from projector.service import ProjectorService
from query_api.service import QueryService
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.calls.lookup import CacheSettings
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import migrate as migrate_history
from runtime.clickhouse.port import Analytics
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import Tail
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from runtime.process.clock import Clock, system_clock
from runtime.service.cell import ZONE_DEFAULT
from tests.cells.http_reply import HttpReply
from tests.cells.stand_in import OPERATOR, TOKEN_SECRET, build_settings, key_for, stand_in_settings
from tests.cells.stream_reader import StreamReader, reading
from tests.servers.front_app import make_front_app
from tests.servers.http_server import served

SECRET = TOKEN_SECRET
CELL_SECRET = "the secret of the cell, of thirty-two bytes or more"
OPERATOR_TOKEN = OPERATOR
AT_ONCE = HISTORY_LIMITS._replace(pause_s=0.0)


class CommandCell:
    """What a test sends to the process, and what it finds in the journal."""

    def __init__(self, session: aiohttp.ClientSession, url: str, journal: SqliteJournal) -> None:
        self._session = session
        self.url = url
        self.journal = journal
        self.movie_id = ""
        self.readiness: Callable[[], Mapping[str, Any]] = dict

    async def person(self, login: str, **wishes: Any) -> tuple[str, str]:
        """Return the token and the id of a person."""
        reply = await self.send("POST", "/neighbours/auth/token", body={"login": login, **wishes})
        return reply.body["access_token"], reply.body["user_id"]

    async def send(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        *,
        raw: bytes | None = None,
        **headers: str,
    ) -> HttpReply:
        """Send a request. `headers` have underscores for hyphens in their names."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if (token := key_for(path, token)) is not None:
            named["Authorization"] = f"Bearer {token}"
        content: dict[str, Any] = {"json": body} if raw is None and body is not None else {}
        if raw is not None:
            content = {"data": raw}
            named.setdefault("Content-Type", "application/json")
        async with self._session.request(
            method, self.url + path, headers=named, **content
        ) as response:
            return HttpReply(response.status, response.headers.copy(), await response.text())

    async def do(self, method: str, path: str, token: str, body: Any = None) -> HttpReply:
        """Send to the API, and expect that it is done."""
        reply = await self.send(method, f"/api/v1{path}", token, body)
        assert reply.status in (200, 201), reply.body
        return reply

    async def fetch(self, path: str, token: str) -> tuple[aiohttp.ClientResponse, bytes]:
        """Return an answer that is no text."""
        named = {"Authorization": f"Bearer {token}"}
        async with self._session.get(self.url + path, headers=named) as response:
            return response, await response.read()

    def stream(
        self, path: str, token: str, last_id: str = ""
    ) -> AbstractAsyncContextManager[StreamReader]:
        """Read a stream until the end of the block."""
        return reading(self._session, self.url + path, token, last_id)

    async def page(self, path: str) -> str:
        """Return the page that a browser is shown."""
        async with self._session.get(self.url + path) as response:
            return await response.text()

    async def commits(self) -> list[Commit]:
        """Return everything that was recorded."""
        tail = Tail(self.journal)
        end = await self.journal.end()
        found = []
        while tail.seen_offset < end - 1:
            found += [one.record for one in await tail.fetch(1.0) if isinstance(one.record, Commit)]
        await tail.close()
        return found


def evening(**changes: Any) -> dict[str, Any]:
    """Return a well-formed body for a new announcement, tomorrow."""
    body = {
        "title": "Solaris together",
        "description": "On the big wall",
        "sub_only": False,
        "is_free": True,
        "ticket_count": 2,
        "event_time": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "event_location": "Moscow, Tverskaya 1",
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not ...}


@asynccontextmanager
async def command_cell(
    directory: Path,
    *,
    clock: Clock = system_clock,
    postgres_dsn: str | None = None,
    history: bool = False,
    rules: Rules = DEFAULT_RULES,
    journal_directory: Path | None = None,
) -> AsyncIterator[CommandCell]:
    """Run the cell until the end of the block.

    The journal may be in another directory. With `postgres_dsn` the projector and the query API run
    as well, and the query API has the same rules. With `history`, which takes longer to start than
    all the rest, they have a history.
    """
    state = StandInState(stand_in_settings(directory / "neighbours"), clock)
    app = make_front_app()
    app.include_router(build_router(state))
    async with served(app) as url, aiohttp.ClientSession() as session:
        journal = SqliteJournal(
            (journal_directory or directory) / "journal.sqlite",
            clock=lambda: to_ms(clock()),
        )
        never_cached = CacheSettings(ttl_s=0.001)
        neighbours = OutsideClients(
            session, build_settings(url, movies=never_cached, follows=never_cached)
        )
        tokens = TokenSettings(secret=SecretStr(SECRET))
        service = CommandService(
            journal=journal,
            own_url=url,
            cell_secret=CELL_SECRET,
            peers=HttpPeers(session, CELL_SECRET, [url]),
            verifier=TokenVerifier(tokens, clock),
            guard=OperatorGuard(OPERATOR_TOKEN),
            auth=neighbours.auth,
            movies=neighbours.movies,
            ugc=neighbours.ugc,
            clock=clock,
            timing=Timing(alone=True),
            rules=rules,
            store=SqliteStore(directory / "image.sqlite"),
        )
        for router in service.routers:
            app.include_router(router)
        await service.start()
        found = CommandCell(session, url, journal)
        found.movie_id = state.films.first.id
        found.readiness = service.readiness
        async with AsyncExitStack() as stack:
            if postgres_dsn is not None:
                analytics = None
                if history:
                    analytics = ChdbAnalytics(directory / "clickhouse")
                    stack.push_async_callback(analytics.close)
                    await migrate_history(analytics)  # Pages must not come before their tables.
                query = {
                    "verifier": TokenVerifier(tokens, clock),
                    "movies": neighbours.movies,
                    "ugc": neighbours.ugc,
                    "shortener": neighbours.shortener,
                    "clock": clock,
                    "rules": rules,
                    "cell_zone": ZONE_DEFAULT,
                }
                reads = _read_side(app, journal, postgres_dsn, analytics, **query)
                await stack.enter_async_context(reads)
            yield found
        await service.stop()
        await journal.close()
    state.close()


@asynccontextmanager
async def _read_side(
    app: FastAPI,
    journal: SqliteJournal,
    postgres_dsn: str,
    analytics: Analytics | None,
    **query: Any,
) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        pool = await open_pool(postgres_dsn)
        stack.callback(pool.terminate)
        writers: list[ProjectorService | HistoryService] = [
            ProjectorService(journal, pool, clock=query["clock"])
        ]
        if analytics is not None:
            writers.append(HistoryService(journal, analytics, limits=AT_ONCE))
        reads = QueryService(
            pool=pool, analytics=analytics, feed_secret=SECRET, guard=None, **query
        )
        for router in reads.routers:
            app.include_router(router)
        for service in (*writers, reads):
            await service.start()
            stack.push_async_callback(service.stop)
        yield
