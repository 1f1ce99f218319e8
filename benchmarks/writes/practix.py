"""Our whole write path as one server, with its lookups at outside services answered in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import ClientSession
from fastapi import FastAPI

from benchmarks.harness.hot_evening import (
    AUDIENCE_SECRET,
    KnownMovies,
    KnownPeople,
    NobodyFollows,
)
from benchmarks.writes.tokens import warm_verifier
from command_api.domain.rules import DEFAULT_RULES
from command_api.http.peers.client import HttpPeers
from command_api.image.sqlite.store import SqliteStore
from command_api.leader.timing import Timing
from command_api.main import admit_forwarded
from command_api.service import CommandService
from runtime.auth.operators import OperatorGuard
from runtime.journal.kafka import KafkaJournal
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.limits.limiter import Limiter
from runtime.limits.settings import AddressLimits, RateLimits
from runtime.process.clock import system_clock
from runtime.process.garbage_collector import spare_long_lived_state
from runtime.service.app import make_app

MANY: Final = 100_000_000
ONE_ADDRESS: Final = RateLimits(address=AddressLimits(writes=MANY, posts=MANY, reads=MANY))
"""All load comes from this machine, and every guest sends one request."""
CELL_SECRET: Final = "a secret of benchmarks only"
IN_MEMORY: Final = "sqlite_in_memory"
"""The name of the subject without an image file."""


def build_practix(kind: str, where: str, addresses: Sequence[str] = ()) -> FastAPI:
    """Return a command process: alone, or one of those at `addresses`, of which the first is its
    own."""
    limiter = Limiter(ONE_ADDRESS)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        journal, timing = _open_journal(kind, where, several=len(addresses) > 1)
        scratch = TemporaryDirectory()
        session = ClientSession()
        service = CommandService(
            journal=journal,
            own_url=addresses[0] if addresses else "here",
            cell_secret=CELL_SECRET,
            peers=HttpPeers(session, CELL_SECRET, addresses),
            verifier=warm_verifier(),
            guard=OperatorGuard(AUDIENCE_SECRET),
            auth=KnownPeople(),
            movies=KnownMovies(),
            ugc=NobodyFollows(),
            clock=system_clock,
            rules=DEFAULT_RULES,
            timing=timing,
            admit_forwarded=partial(admit_forwarded, limiter),
            store=None if kind == IN_MEMORY else SqliteStore(Path(scratch.name) / "image.sqlite"),
        )
        for router in service.routers:
            app.include_router(router)
        await service.start()
        await service.node.caught_up.wait()
        while not service.readiness()["leader_known"]:
            await asyncio.sleep(0.05)
        spare_long_lived_state()
        yield
        await service.stop()
        await journal.close()
        await session.close()
        scratch.cleanup()

    return make_app("benchmark", lifespan, limiter)


def _open_journal(kind: str, where: str, *, several: bool) -> tuple[Journal, Timing]:
    if kind in ("sqlite", IN_MEMORY):
        alone = Timing(alone=True)
        return SqliteJournal(Path(where) / "journal.sqlite"), alone
    servers, topic = where.split("/")
    # Beside others a busy leader needs more patience than one that only has to begin soon.
    timeout_s = 2.0 if several else 0.5
    return KafkaJournal(servers, topic), Timing(heartbeat_timeout_s=timeout_s, read_back_s_min=20.0)
