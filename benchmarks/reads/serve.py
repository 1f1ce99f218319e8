"""Runs one of the servers that are compared: `python -m benchmarks.reads.serve PORT NAME DSN`.

All run alike: one process, uvicorn with uvloop and httptools, no access log.

- `bare`: FastAPI routes that return a constant: the cost of HTTP itself.
- `one_select`: FastAPI routes that run one statement through a pool of asyncpg, and return its
  rows as JSON. A detail is its row alone, by primary key. A list is our own statement, so that
  nothing but what surrounds it differs; its routes verify the token to know the reader.
- `practix`: our query API, with UGC answered in memory.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import msgspec
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from benchmarks.harness.hot_evening import AUDIENCE_SECRET, KnownMovies, NobodyFollows
from benchmarks.harness.serving import run_app
from benchmarks.reads.cases import LISTS, SELECT_ROW, ListStatement, reader_tokens, statement_of
from contracts.shared_rules import SharedRules
from query_api.service import QueryService
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.limits.limiter import Limiter
from runtime.limits.settings import AddressLimits, PersonLimits, RateLimits
from runtime.outside.ports import Click
from runtime.postgres.pools import READ_MODEL, open_reading_pool
from runtime.process.clock import system_clock
from runtime.process.garbage_collector import spare_long_lived_state
from runtime.service.app import make_app
from runtime.service.cell import ZONE_DEFAULT

CONNECTIONS: Final = 16
MANY: Final = 100_000_000
RAISED: Final = RateLimits(
    address=AddressLimits(reads=MANY, searches=MANY), person=PersonLimits(reads=MANY, searches=MANY)
)
"""All load comes from this machine, and from few people."""
JSON: Final = "application/json"

_encode: Final = msgspec.json.Encoder().encode


class NothingShortened:
    """Leaves addresses as long as they are: no read that is measured has a short one."""

    async def link(self, target: str) -> str:
        return target

    async def clicks(self, after: int) -> list[Click]:
        raise NotImplementedError


def warm_verifier() -> TokenVerifier:
    """Return a verifier that has seen every reader's token, as in the middle of a day."""
    tokens = TokenVerifier(TokenSettings(secret=SecretStr(AUDIENCE_SECRET)), system_clock)
    for token in reader_tokens().values():
        tokens.verify(f"Bearer {token}")
    return tokens


def build_bare() -> FastAPI:
    app = FastAPI()

    @app.get("/api/v1/announcement/{announcement_id}")
    async def constant_detail(announcement_id: str) -> dict[str, str]:
        return {"announcement_id": announcement_id}

    for path in {path.partition("?")[0] for path in LISTS.values()}:

        @app.get(path)
        async def constant_list() -> list[str]:
            return []

    return app


def build_one_select(dsn: str) -> FastAPI:
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pools.append(
            await asyncpg.create_pool(
                dsn,
                min_size=CONNECTIONS,
                max_size=CONNECTIONS,
                server_settings={
                    "plan_cache_mode": "force_generic_plan",
                    "search_path": READ_MODEL,
                },
            )
        )
        yield
        await pools[0].close()

    app = FastAPI(lifespan=lifespan)
    tokens = warm_verifier()

    @app.get("/api/v1/announcement/{announcement_id}")
    async def detail(announcement_id: str) -> Response:
        row = await pools[0].fetchrow(SELECT_ROW, announcement_id)
        return Response(_encode(dict(row.items()) if row else None), media_type=JSON)

    async def fetch(statement: ListStatement, request: Request) -> Response:
        caller = await tokens.authenticate(request.headers.get("authorization"))
        rows = await pools[0].fetch(statement.sql, *statement.for_reader(caller.person_id))
        return Response(_encode([dict(row.items()) for row in rows[:20]]), media_type=JSON)

    statements = {kind: statement_of(kind) for kind in LISTS}

    @app.get("/api/v1/announcements")
    async def announcements(request: Request, mine: str | None = None) -> Response:
        return await fetch(statements["mine" if mine else "list"], request)

    @app.get("/api/v1/schedule")
    async def schedule(request: Request) -> Response:
        return await fetch(statements["schedule"], request)

    return app


def build_practix(dsn: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = await open_reading_pool(dsn, size_max=CONNECTIONS)
        service = QueryService(
            pool=pool,
            verifier=warm_verifier(),
            movies=KnownMovies(),
            ugc=NobodyFollows(),
            shortener=NothingShortened(),
            clock=system_clock,
            feed_secret=AUDIENCE_SECRET,
            guard=None,
            rules=SharedRules(),
            cell_zone=ZONE_DEFAULT,
        )
        for router in service.routers:
            app.include_router(router)
        await service.start()
        spare_long_lived_state()
        yield
        await service.stop()
        pool.terminate()

    return make_app("benchmark", lifespan, Limiter(RAISED))


def main() -> None:
    port, name, dsn = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    match name:
        case "bare":
            app = build_bare()
        case "one_select":
            app = build_one_select(dsn)
        case _:
            app = build_practix(dsn)
    run_app(app, port)


if __name__ == "__main__":
    main()
