"""The servers that are compared: `python -m benchmarks.serve NAME PORT WHERE`.

All run alike: one process, uvicorn with uvloop and httptools, no access log.

- `bare`: a FastAPI route that returns a constant: the cost of HTTP itself.
- `row_lock`: the usual way: SELECT FOR UPDATE on the announcement, insert the booking,
  insert an event, update the counter, in one PostgreSQL transaction (WHERE is a DSN).
- `sqlite`, `kafka`: our whole write path. Its lookups at Auth, Movie_API and UGC are answered
  in memory (WHERE is a directory, or bootstrap servers and topic).
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel, SecretStr

from benchmarks.subject import (
    AUDIENCE_SECRET,
    GUESTS,
    KnownMovies,
    KnownPeople,
    NobodyFollows,
    guest_tokens,
)
from command_api.domain.rules import DEFAULT_RULES
from command_api.image.sqlite.store import SqliteStore
from command_api.leader.timing import Timing
from command_api.service import CommandService
from launcher.profiles.no_peers import NoPeers
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.journal.kafka import KafkaJournal
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.limits.limiter import Limiter
from runtime.limits.settings import AddressLimits, RateLimits
from runtime.process.clock import system_clock
from runtime.process.garbage_collector import spare_long_lived_state
from runtime.service.app import make_app

ONE_ADDRESS = RateLimits(address=AddressLimits(writes=100_000_000))
"""All load comes from this machine, and every guest sends one request."""

IN_MEMORY = "sqlite_in_memory"
"""The name of the subject without an image file."""

TABLES = """
CREATE TABLE announcement (id uuid PRIMARY KEY, tickets_left integer NOT NULL);
CREATE TABLE booking (
    id bigserial PRIMARY KEY, announcement_id uuid NOT NULL REFERENCES announcement,
    guest_id uuid NOT NULL, status text NOT NULL, UNIQUE (announcement_id, guest_id));
CREATE TABLE event (id bigserial PRIMARY KEY, announcement_id uuid, payload jsonb NOT NULL);
"""


class Booked(BaseModel):
    booking_id: int
    status: str


def warm_verifier() -> TokenVerifier:
    """Return a verifier that has seen every guest's token, as in the middle of a day."""
    settings = TokenSettings(secret=SecretStr(AUDIENCE_SECRET), cache_size=2 * GUESTS)
    tokens = TokenVerifier(settings, system_clock)
    for token in guest_tokens(0, GUESTS):
        tokens.verify(f"Bearer {token}")
    return tokens


def build_bare() -> FastAPI:
    app = FastAPI()

    @app.post("/api/v1/booking/{announcement_id}", status_code=201)
    async def constant(announcement_id: str) -> dict[str, str]:
        return {"announcement_id": announcement_id}

    return app


def build_row_lock(dsn: str) -> FastAPI:
    pools: list[asyncpg.Pool] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pools.append(await asyncpg.create_pool(dsn, min_size=16, max_size=16))
        yield
        await pools[0].close()

    app = FastAPI(lifespan=lifespan)
    tokens = warm_verifier()

    @app.post("/api/v1/booking/{announcement_id}", status_code=201)
    async def book(announcement_id: str, request: Request) -> Booked:
        caller = await tokens.authenticate(request.headers.get("authorization"))
        async with pools[0].acquire() as connection, connection.transaction():
            left = await connection.fetchval(
                "SELECT tickets_left FROM announcement WHERE id = $1 FOR UPDATE", announcement_id
            )
            booking_id = await connection.fetchval(
                "INSERT INTO booking (announcement_id, guest_id, status) VALUES ($1, $2, 'asked')"
                " RETURNING id",
                announcement_id,
                caller.person_id,
            )
            await connection.execute(
                "INSERT INTO event (announcement_id, payload) VALUES ($1, $2)",
                announcement_id,
                f'{{"type": "booking.requested", "booking_id": {booking_id}}}',
            )
            await connection.execute(
                "UPDATE announcement SET tickets_left = $2 WHERE id = $1", announcement_id, left - 1
            )
        return Booked(booking_id=booking_id, status="asked")

    return app


def build_practix(kind: str, where: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        journal, timing = _open_journal(kind, where)
        scratch = TemporaryDirectory()
        service = CommandService(
            journal=journal,
            own_url="here",
            cell_secret="none",
            peers=NoPeers(),
            verifier=warm_verifier(),
            guard=OperatorGuard(AUDIENCE_SECRET),
            auth=KnownPeople(),
            movies=KnownMovies(),
            ugc=NobodyFollows(),
            clock=system_clock,
            rules=DEFAULT_RULES,
            timing=timing,
            store=None if kind == IN_MEMORY else SqliteStore(Path(scratch.name) / "image.sqlite"),
        )
        for router in service.routers:
            app.include_router(router)
        await service.start()
        await service.node.caught_up.wait()
        while not service.node.leading:
            await asyncio.sleep(0.05)
        spare_long_lived_state()
        yield
        await service.stop()
        await journal.close()
        scratch.cleanup()

    return make_app("benchmark", lifespan, Limiter(ONE_ADDRESS))


def _open_journal(kind: str, where: str) -> tuple[Journal, Timing]:
    if kind in ("sqlite", IN_MEMORY):
        alone = Timing(alone=True)
        return SqliteJournal(Path(where) / "journal.sqlite"), alone
    servers, topic = where.split("/")
    return KafkaJournal(servers, topic), Timing(heartbeat_timeout_s=0.5, read_back_s_min=30.0)


def main() -> None:
    name, port, where = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    match name:
        case "bare":
            app = build_bare()
        case "row_lock":
            app = build_row_lock(where)
        case _:
            app = build_practix(name, where)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
