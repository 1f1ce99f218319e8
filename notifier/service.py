"""Wires the notifier. It runs in a process of its own or inside the embedded system."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import aclosing, contextmanager, suppress
from datetime import datetime
from typing import Any, Final, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import APIRouter

from contracts.errors import AlreadyRunning, Unavailable
from contracts.journal.places import EventPlace
from contracts.notices import Kind
from contracts.values.targets import TargetName
from notifier import metrics
from notifier.clicks.collector import ClickCollector
from notifier.clicks.store import ClickStore
from notifier.dead_letters.retrying import LateRetrying
from notifier.dead_letters.stored import LETTERS, drop_letter
from notifier.dispatcher import DISPATCHERS, Dispatcher, DispatcherPace
from notifier.forgetting.eraser import Eraser
from notifier.forgetting.forgetter import Forgetter
from notifier.forgetting.retention import KEEP_DAYS
from notifier.http.edge import Guard
from notifier.http.fanouts import build_fanout_router
from notifier.http.moderation import ModerationParts, build_moderation_router
from notifier.http.preview import NoticePreview
from notifier.http.publications import build_publication_router
from notifier.http.routes import build_router
from notifier.publishing.publisher import Publisher
from notifier.publishing.targets import PublishTarget
from notifier.reader import NOTICE_LIMITS, NoticeReader
from notifier.short_links import ShortLinks
from notifier.store.forgetting.erasures import ErasureStore
from notifier.store.forgetting.finished import ForgettingStore
from notifier.store.moderation import Moderation
from notifier.store.notices import Notices
from notifier.store.operators.acts import Signature
from notifier.store.operators.fanouts import FanOuts
from notifier.store.outbox import NoticeOutbox
from notifier.store.preferences import PreferenceStore
from notifier.store.publications import Publications
from notifier.store.queue import NoticeQueue
from notifier.store.state import SELECT_SUSPENDED
from runtime.auth.suspensions import SuspensionWatch
from runtime.auth.tokens import TokenVerifier
from runtime.dead_letters.routes import build_dead_letter_router
from runtime.dead_letters.table import DeadLetters
from runtime.following.reader import BatchLimits
from runtime.following.service import FollowingService
from runtime.journal.port import Journal
from runtime.outside.ports import AuthClient, NotificationClient, ShortenerClient, UgcClient
from runtime.postgres.active_lock import ActiveLock
from runtime.postgres.migrations import migrate
from runtime.postgres.tables import TablesUnavailable, translate_postgres_errors
from runtime.process.clock import Clock, steady_clock, system_clock
from runtime.process.clock_watch import ClockWatch, ClockWrong
from runtime.process.tasks import run_together
from runtime.progress.reporting import ReportLine

MEASURE_S: Final = 10.0
"""How often what waits is counted."""


class NotifierClients(NamedTuple):
    """Clients of the outside services that the notifier needs."""

    notification: NotificationClient
    shortener: ShortenerClient
    auth: AuthClient
    ugc: UgcClient


class NotifierService(FollowingService):
    """Tells people what happened in `journal`. Create it inside a running event loop; start
    once, stop once.

    Without `clock_watch` the clock counts as right, whatever the journal's stamps say. `guard`
    admits operators to their routes. `public_url` is put before the path of an announcement's
    page, if the shortener needs a whole address. Posts tell evenings that state no zone in
    `cell_zone`. Finished notices are kept for `keep_days`. Those
    of `approval_kinds` go only once an operator has approved them. Announcements are published at
    `targets`. So many `dispatchers` send side by side: while the tables work for one of them,
    another sends.
    """

    def __init__(
        self,
        journal: Journal,
        pool: asyncpg.Pool,
        clients: NotifierClients,
        *,
        verifier: TokenVerifier,
        guard: Guard,
        cell_zone: ZoneInfo,
        clock: Clock = system_clock,
        clock_watch: ClockWatch | None = None,
        public_url: str = "",
        keep_days: int = KEEP_DAYS,
        targets: Mapping[TargetName, PublishTarget] | None = None,
        approval_kinds: Collection[Kind] = (),
        limits: BatchLimits = NOTICE_LIMITS,
        dispatchers: int = DISPATCHERS,
        pace: DispatcherPace = DispatcherPace(),  # noqa: B008 - immutable
        lock: ActiveLock | None = None,
    ) -> None:
        self._journal = journal
        self._pool = pool
        self._clock = clock
        self._approval_kinds = approval_kinds
        self._retrying = False
        self.dead_letters = DeadLetters(pool, LETTERS)
        self._queue = NoticeQueue(pool, approval_kinds)
        self._clock_watch = clock_watch or ClockWatch(clock, steady_clock, watching=False)
        links = ShortLinks(self._queue, clients.shortener, public_url)
        self._dispatchers = [
            Dispatcher(
                NoticeQueue(pool, approval_kinds),
                notification=clients.notification,
                links=links,
                auth=clients.auth,
                ugc=clients.ugc,
                clock=self._clock_watch.now,
                pace=pace,
            )
            for _ in range(dispatchers)
        ]
        self._publications = Publications(pool)
        self._publisher = Publisher(
            self._publications, self._queue, links, targets or {}, self._clock_watch.now, cell_zone
        )
        self._erasures = ErasureStore(pool)
        self._eraser = Eraser(self._erasures, self._queue, clients.notification, clock)
        clicks = ClickStore(pool)
        self._click_collector = ClickCollector(clicks, clients.shortener)
        self._forgetter = Forgetter(
            ForgettingStore(pool), clients.notification, keep_days, clicks=clicks
        )
        reader = NoticeReader(
            journal,
            NoticeOutbox(pool, approval_kinds),
            limits=limits,
            on_notices=self._wake,
            on_taken_over=self._forgetter.note_taken_over,
            on_read=lambda newest: self._clock_watch.compare(newest.stamp_ms, may_be_old=True),
        )
        super().__init__(reader, "notifier", self._migrate, lock)
        self._suspensions = SuspensionWatch(pool, SELECT_SUSPENDED)
        verifier.refuse_suspended(self._suspensions)
        notices = Notices(pool)
        self.routers: list[APIRouter] = [
            build_router(notices, PreferenceStore(pool), reader, verifier),
            build_fanout_router(FanOuts(pool), reader, guard, clock, self._wake),
            build_publication_router(self._publications, reader, guard, clock),
            build_dead_letter_router("/api/v1/operator/notices/dead-letters", self, guard),
            build_moderation_router(
                ModerationParts(
                    notices,
                    Moderation(pool, approval_kinds),
                    NoticePreview(self._queue, clients.auth, clock),
                    reader,
                    guard,
                    clock,
                    self._wake,
                )
            ),
        ]
        metrics.observe(
            position=lambda: self.position,
            journal=lambda: reader.journal_available,
            tables=lambda: reader.tables_available,
        )

    async def retry(
        self, place: EventPlace | None, by: str | None = None, *, dry_run: bool
    ) -> AsyncGenerator[ReportLine, None]:
        """Fold parked events: those of the key of one dead letter, or all. Yields what
        `notifier.dead_letters.retrying.LateRetrying` yields.

        Raises AlreadyRunning while another retry runs, Unavailable while the clock is wrong,
        NotFound, JournalBroken and TablesUnavailable.
        """
        with self._alone():
            signature = Signature(by, self._now())
            retrying = LateRetrying(self._journal, self._pool, signature, self._approval_kinds)
            async with aclosing(retrying.run(place, dry_run=dry_run)) as lines:
                async for line in lines:
                    yield line
        self._wake()

    async def drop(self, place: EventPlace, by: str | None, *, dry_run: bool) -> None:
        """Give up a parked event for good (`notifier.dead_letters.stored.drop_letter`). Raises as
        that and as `retry` do."""
        with self._alone():
            await drop_letter(self._pool, place, Signature(by, self._now()), dry_run=dry_run)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Do one thing at a time with parked events. Raises AlreadyRunning."""
        if self._retrying:
            raise AlreadyRunning("retry_running")
        self._retrying = True
        try:
            yield
        finally:
            self._retrying = False

    def _now(self) -> datetime:
        """Return the time. Raises Unavailable while the clock is wrong: nothing may be given up as
        too late then."""
        try:
            return self._clock_watch.now()
        except ClockWrong as error:
            raise Unavailable from error

    def _wake(self) -> None:
        for one in self._dispatchers:
            one.wake()

    def _own_readiness(self) -> dict[str, Any]:
        """Leave the outside services out: while one of them is down, notices wait."""
        return {
            **super()._own_readiness(),
            "suspensions": self._suspensions.known,
            "clock_right": self._clock_watch.right,
        }

    async def _migrate(self) -> None:
        with translate_postgres_errors():
            await migrate(self._pool)

    async def run(self) -> None:
        await run_together({"notifier": super().run(), "suspensions": self._suspensions.run()})

    async def _work(self) -> None:
        await run_together(
            {
                "notifier reader": self._reader.run(),
                **{
                    f"notifier dispatcher {number}": one.run()
                    for number, one in enumerate(self._dispatchers)
                },
                "notifier publisher": self._publisher.run(),
                "notifier eraser": self._eraser.run(),
                "notifier forgetter": self._forgetter.run(),
                "notifier click collector": self._click_collector.run(),
                "notifier figures": self._measure(),
            }
        )

    async def _measure(self) -> NoReturn:
        while True:
            with suppress(TablesUnavailable):
                metrics.OVERDUE.set(await self._queue.count_overdue(self._clock()))
                metrics.ERASURES.set(await self._erasures.count())
                metrics.PUBLICATIONS_STUCK.set(await self._publications.count_stuck())
            await asyncio.sleep(MEASURE_S)
