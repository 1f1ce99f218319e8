"""Our whole write path as one server, with its lookups at outside services answered in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from fastapi import FastAPI

from benchmarks.harness.hot_evening import (
    AUDIENCE_SECRET,
    KnownMovies,
    KnownPeople,
    NobodyFollows,
)
from benchmarks.writes.tokens import warm_verifier
from command_api.domain.rules import DEFAULT_RULES
from command_api.image.sqlite.store import SqliteStore
from command_api.leader.timing import Timing
from command_api.service import CommandService
from launcher.profiles.no_peers import NoPeers
from runtime.auth.operators import OperatorGuard
from runtime.journal.kafka import KafkaJournal
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.limits.limiter import Limiter
from runtime.limits.settings import AddressLimits, RateLimits
from runtime.process.clock import system_clock
from runtime.process.garbage_collector import spare_long_lived_state
from runtime.service.app import make_app

ONE_ADDRESS: Final = RateLimits(address=AddressLimits(writes=100_000_000))
"""All load comes from this machine, and every guest sends one request."""
IN_MEMORY: Final = "sqlite_in_memory"
"""The name of the subject without an image file."""


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
