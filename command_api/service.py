"""Wires the command service. It runs in a process of its own, or inside the embedded system."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Any, NoReturn

from fastapi import APIRouter

from command_api.domain.rules import Rules
from command_api.http.edge import Edge
from command_api.http.erasure_tokens import ErasureTokens
from command_api.http.link_tokens import LinkTokens
from command_api.http.lookups import Lookups
from command_api.http.peers.routes import build_internal_router
from command_api.http.renewal import build_renewal_router
from command_api.http.routes import build_operator_router, build_public_router
from command_api.image.sqlite.store import SqliteStore
from command_api.image.store import ImageStore
from command_api.inviting import InviteJobs
from command_api.leader.answering import SUBMIT_DEADLINE_S, Answering
from command_api.leader.node import Node
from command_api.leader.ports import AdmitForwarded, Peers, admit_everybody
from command_api.leader.timing import Timing
from command_api.metrics import FIGURES, IMAGE_READS, show_in_gauges
from command_api.rendering import build_renderer
from command_api.renewal.renewals import Renewals
from contracts.journal.concealment import FingerprintKey
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenVerifier
from runtime.journal.port import Journal
from runtime.outside.ports import AuthClient, MovieClient, UgcClient
from runtime.process.clock import steady_clock
from runtime.process.tasks import end, keep_running

NONCE_BYTES = 16
STOP_S_MAX = 10.0


def open_image_store(path: Path) -> ImageStore:
    """Return the store of an image in the file at `path`, with its figures in `/metrics`."""
    return SqliteStore(path, IMAGE_READS.observe)


class CommandService:
    """A command process without its server. Make it inside a running event loop, `start` it,
    serve its `routers`, `stop` it."""

    def __init__(
        self,
        *,
        journal: Journal,
        own_url: str,
        cell_secret: str,
        peers: Peers,
        verifier: TokenVerifier,
        guard: OperatorGuard,
        auth: AuthClient,
        movies: MovieClient,
        ugc: UgcClient,
        clock: Callable[[], datetime],
        rules: Rules,
        timing: Timing = Timing(),  # noqa: B008 - immutable
        submit_deadline_s: float = SUBMIT_DEADLINE_S,
        admit_forwarded: AdmitForwarded = admit_everybody,
        store: ImageStore | None = None,
        keep_old_journal_s: float = 0.0,
    ) -> None:
        """Without a `store` the image is in memory only: each start folds the whole journal. After
        a renewal the old journal is kept for `keep_old_journal_s`."""
        tokens = ErasureTokens(cell_secret)
        links = LinkTokens(cell_secret)
        render = build_renderer(rules, tokens.sign, links.sign)
        fingerprint_key = FingerprintKey(cell_secret)
        self.node = Node(
            journal=journal,
            fingerprint_key=fingerprint_key,
            own_url=own_url,
            clock=clock,
            steady=steady_clock,
            render=render,
            random=SystemRandom(),
            new_nonce=lambda: secrets.token_hex(NONCE_BYTES),
            rules=rules,
            timing=timing,
            observer=FIGURES,
            store=store,
        )
        self.renewals = Renewals(
            self.node,
            peers=peers,
            clock=clock,
            random=SystemRandom(),
            patience_s=0.0 if timing.alone else timing.heartbeat_timeout_s,
            keep_old_s=keep_old_journal_s,
            update_command=fingerprint_key.conceal,
        )
        answering = Answering(
            self.node,
            peers=peers,
            clock=clock,
            render=render,
            rules=rules,
            observer=FIGURES,
            admit_forwarded=admit_forwarded,
        )
        lookups = Lookups(auth=auth, movies=movies, ugc=ugc, films=rules.films)
        self._jobs = InviteJobs(answering, lookups, ugc)
        edge = Edge(
            answering=answering,
            lookups=lookups,
            tokens=tokens,
            links=links,
            deadline_s=submit_deadline_s,
        )
        self.routers: list[APIRouter] = [
            build_public_router(edge, verifier),
            build_operator_router(edge, guard),
            build_renewal_router(self.renewals, edge, guard),
            build_internal_router(answering, self.renewals, cell_secret),
        ]
        verifier.refuse_suspended(lambda person_id: person_id in self.node.image.suspended)
        self._peers = peers
        self._running: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._inviting: asyncio.Task[NoReturn] | None = None
        show_in_gauges(self.node)

    async def start(self) -> asyncio.Task[None]:
        """Begin to follow the journal and to stand for leader. The returned task ends only with
        an error, such as JournalBroken, and the process has to end with it."""
        self._running = keep_running(self.node.run(), "command node")
        self._renewing = keep_running(self.renewals.run(), "renewals")
        self._inviting = keep_running(self._jobs.run(), "invite jobs")
        return self._running

    async def stop(self) -> None:
        """Hand over if this process leads, for at most `STOP_S_MAX` seconds, and stop."""
        await end(self._inviting)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_S_MAX):
                await self.node.resign()
        await end(self._renewing)
        await end(self._running)
        await self.node.close()

    def _knows_leader(self) -> bool:
        leader_url = self.node.leader_url
        return leader_url is not None and self._peers.knows(leader_url)

    def readiness(self) -> dict[str, Any]:
        """Return the checks of readiness: bool decides, text only informs. A follower is ready
        if it knows a leader and may forward to it."""
        node = self.node
        checks: dict[str, Any] = {
            "running": self._running is not None and not self._running.done(),
            "journal": node.tail.available,
            "caught_up": node.caught_up.is_set(),
            "leader_known": node.leading or self._knows_leader(),
            "clock_right": node.clock_right,
            "leading": "yes" if node.leading else "no",
        }
        if node.keeper.problem is not None:
            checks["checkpoint_problem"] = node.keeper.problem
        if not checks["leader_known"] and node.problem is not None:
            checks["problem"] = node.problem
        return checks
