"""The notifier: wired here, run by its own process or inside the embedded one."""

import asyncio
from contextlib import suppress
from typing import Any, Final, NamedTuple, NoReturn

import asyncpg
from fastapi import APIRouter

from notifier import metrics
from notifier.dispatcher import Dispatcher, Pace
from notifier.http.edge import Guard
from notifier.http.fanouts import build_fanout_router
from notifier.http.routes import build_operator_router, build_router
from notifier.reader import JournalReader, Limits
from notifier.store.fanouts import FanOuts
from notifier.store.ledger import Ledger
from notifier.store.outbox import Outbox
from notifier.store.queue import Queue
from notifier.store.state import SELECT_SUSPENDED
from runtime.auth.suspensions import SuspensionWatch
from runtime.auth.tokens import TokenVerifier
from runtime.calls.store_retry import StoreRetry
from runtime.journal.port import Journal
from runtime.outside.ports import AuthClient, NotificationClient, ShortenerClient, UgcClient
from runtime.postgres.pools import migrate
from runtime.postgres.tables import TablesUnavailable, translate_postgres_errors
from runtime.process.clock import Clock, steady_clock, system_clock
from runtime.process.clock_watch import ClockWatch
from runtime.process.tasks import end, keep_running, start_for

__all__ = ["Clients", "NotifierService"]

MEASURE_S: Final = 10.0


class Clients(NamedTuple):
    """The services around us that the notifier needs."""

    notification: NotificationClient
    shortener: ShortenerClient
    auth: AuthClient
    ugc: UgcClient


class NotifierService:
    """Tells people what happened in `journal`. Create inside a running event loop; start
    once, stop once.

    Without `clock_watch` the clock is right, whatever the journal's stamps say.

    `guard` opens the operator routes. `public_url` is put before the page's path where the
    shortener is not on the same host as that page.
    """

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        clients: Clients,
        *,
        verifier: TokenVerifier,
        guard: Guard,
        clock: Clock = system_clock,
        clock_watch: ClockWatch | None = None,
        public_url: str = "",
        limits: Limits = Limits(),  # noqa: B008 - immutable
        pace: Pace = Pace(),  # noqa: B008 - immutable
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._queue = Queue(pool)
        self._clock_watch = clock_watch or ClockWatch(clock, steady_clock, watching=False)
        self._dispatcher = Dispatcher(
            self._queue,
            **clients._asdict(),
            clock=self._clock_watch.now,
            public_url=public_url,
            pace=pace,
        )
        self._store_retry = StoreRetry("outbox", TablesUnavailable)
        self._reader = JournalReader(
            journal,
            Outbox(pool),
            limits=limits,
            on_notices=self._dispatcher.wake,
            on_read=lambda newest: self._clock_watch.compare(newest.stamp_ms, may_be_old=True),
            store_retry=self._store_retry,
        )
        self._suspensions = SuspensionWatch(pool, SELECT_SUSPENDED)
        verifier.refuse_suspended(self._suspensions)
        ledger = Ledger(pool)
        self.routers: list[APIRouter] = [
            build_router(ledger, self._reader, verifier),
            build_fanout_router(FanOuts(pool), self._reader, guard, clock, self._dispatcher.wake),
            build_operator_router(ledger, self._reader, guard, clock, self._dispatcher.wake),
        ]
        self._running: asyncio.Task[None] | None = None
        metrics.observe(
            position=lambda: self.position,
            journal=lambda: self._reader.journal_available,
            tables=lambda: self._reader.tables_available,
        )

    @property
    def position(self) -> int:
        """seq up to which the outbox follows the journal."""
        return self._reader.position.state.seq

    @property
    def ready(self) -> bool:
        return all(value is not False for value in self.readiness().values())

    def readiness(self) -> dict[str, Any]:
        """A service around us that is down does not make us unready: notices wait."""
        return {
            "running": self._running is not None and not self._running.done(),
            "journal": self._reader.journal_available,
            **self._store_retry.readiness("tables"),
            "suspensions": self._suspensions.known,
            "clock_right": self._clock_watch.right,
            "position": self.position,
        }

    async def start(self) -> asyncio.Task[None]:
        """Begin to follow, and to send. The task ends only by failing, with JournalBroken or
        Fenced; the process ends with it."""
        self._running = keep_running(self.run(), "notifier")
        return self._running

    async def run(self) -> None:
        """Bring the tables to this version's shape, then work. Waits for PostgreSQL."""
        await self._store_retry.until_available(self._migrate)
        parts = [
            start_for(self._reader.run(), "notifier reader"),
            start_for(self._dispatcher.run(), "notifier dispatcher"),
            start_for(self._measure(), "notifier figures"),
            start_for(self._suspensions.run(), "suspensions"),
        ]
        try:
            failed, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        for part in failed:
            part.result()  # They only end by failing.

    async def stop(self) -> None:
        """What is on its way may be sent again, under the same key."""
        await end(self._running)

    async def _measure(self) -> NoReturn:
        while True:
            with suppress(TablesUnavailable):
                metrics.OVERDUE.set(await self._queue.count_overdue(self._clock()))
            await asyncio.sleep(MEASURE_S)

    async def _migrate(self) -> None:
        with translate_postgres_errors():
            await migrate(self._pool)
