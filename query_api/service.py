"""Wires the read side. It runs in a process of its own or inside the embedded system."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import APIRouter

from contracts.shared_rules import SharedRules
from query_api.acts import routes as acts
from query_api.analysts import investigation, saved_routes
from query_api.analysts import routes as analyst_routes
from query_api.analysts.asking import Asker
from query_api.analysts.saved_questions import SavedQuestions
from query_api.announcements import broadcasts, details, lists, schedule
from query_api.bookings import invite_jobs
from query_api.bookings import routes as bookings
from query_api.calendars import feeds
from query_api.chats import routes as chats
from query_api.dashboard import page as dashboard
from query_api.edge.history_reads import HistoryReads
from query_api.edge.positions import PositionWaiter
from query_api.edge.reads import Reads
from query_api.figures import routes as figures
from query_api.films import together
from query_api.history import audit_trail, why
from query_api.history.past_details import PastDetails
from query_api.my_data import routes as my_data
from query_api.people import lists as people_lists
from query_api.plans import routes as plans
from query_api.ratings import pages as rating_pages
from query_api.ratings import pair as rating_pair
from query_api.ratings import reviews
from query_api.reports import routes as reports
from query_api.sharing import public_page, share
from query_api.sharing.drawing import DrawingBoard
from query_api.sharing.plain_page import NO_SITE, SiteLinks
from query_api.streams import routes as streams
from query_api.streams.hub import StreamHub
from query_api.streams.limits import DEFAULT, StreamLimits
from runtime.auth.operators import OperatorGuard
from runtime.auth.suspensions import SuspensionWatch
from runtime.auth.tokens import TokenVerifier
from runtime.clickhouse.migrations import ANALYSTS_READER
from runtime.clickhouse.port import Analytics
from runtime.http.parameters import MIN_POSITION_WAIT_S
from runtime.outside.ports import MovieClient, ShortenerClient, UgcClient
from runtime.postgres.shape_lock import ShapeLock
from runtime.postgres.statements import Statements
from runtime.process.clock import Clock
from runtime.process.tasks import end, keep_running

SELECT_SUSPENDED: Final = "SELECT person_id FROM suspensions WHERE suspended"


class QueryService:
    """All read routes and what runs behind them.

    Create it inside a running event loop, `start` it, serve its `routers`, and `stop` it.
    Whoever made `analytics` and `analysts` closes them, after `stop`. Without `analytics`, the
    history, reads of it are unavailable. `analysts` is the database for analysts; there are
    routes for them only with both `analysts` and `guard`. `analyst_token` opens these, too.
    `investigators` admits those who may
    ask the history itself. `public_url` is the address of this system for other sites; if it is
    empty, pages name the address of the request. Public pages have `links` to the site.
    By `shape_lock` the pool finds the tables of this build; without it nobody drops them.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        shape_lock: ShapeLock | None = None,
        verifier: TokenVerifier,
        movies: MovieClient,
        ugc: UgcClient,
        shortener: ShortenerClient,
        clock: Clock,
        feed_secret: str,
        guard: OperatorGuard | None,
        rules: SharedRules,
        cell_zone: ZoneInfo,
        analytics: Analytics | None = None,
        analysts: Analytics | None = None,
        analyst_token: str | None = None,
        investigators: OperatorGuard | None = None,
        min_position_timeout_s: float = MIN_POSITION_WAIT_S,
        public_url: str = "",
        links: SiteLinks = NO_SITE,
        stream_limits: StreamLimits = DEFAULT,
    ) -> None:
        public_url = public_url.rstrip("/")
        self._pool = pool
        self._shape_lock = shape_lock
        self._positions = PositionWaiter(pool, min_position_timeout_s)
        self._suspensions = SuspensionWatch(pool, SELECT_SUSPENDED)
        self._watching: asyncio.Task[NoReturn] | None = None
        self._drawing_board = DrawingBoard()
        verifier.refuse_suspended(self._suspensions)
        history = HistoryReads(analytics, min_position_timeout_s)
        self._statements = Statements(pool)
        reads = Reads(
            pool=pool,
            statements=self._statements,
            positions=self._positions,
            history=history,
            verifier=verifier,
            ugc=ugc,
            clock=clock,
            rules=rules,
            cell_zone=cell_zone,
        )
        self._streams = StreamHub(reads, self._positions, stream_limits)
        self.routers: list[APIRouter] = [
            details.build_router(reads, PastDetails(reads).fetch),
            lists.build_router(reads),
            together.build_router(reads, movies),
            bookings.build_router(reads),
            invite_jobs.build_router(reads),
            broadcasts.build_router(reads),
            schedule.build_router(reads),
            chats.build_router(reads),
            feeds.build_router(reads, feed_secret, public_url),
            plans.build_router(reads),
            why.build_router(reads),
            people_lists.build_router(reads),
            reports.build_router(reads, guard),
            rating_pages.build_router(reads),
            rating_pair.build_router(reads),
            reviews.build_router(reads),
            public_page.build_router(reads, self._drawing_board, public_url, links),
            share.build_router(reads, shortener, public_url),
            audit_trail.build_router(reads),
            my_data.build_router(reads, feed_secret),
            figures.build_router(reads),
            streams.build_router(reads, self._streams),
        ]
        if analysts is not None and guard is not None:
            followed = HistoryReads(analysts, min_position_timeout_s, ANALYSTS_READER)
            asking = guard.or_holder_of(analyst_token)
            asker = Asker(analysts, SavedQuestions(pool))
            self.routers.append(analyst_routes.build_router(asker, analysts, followed, asking))
            self.routers.append(saved_routes.build_router(asker, followed, asking, clock))
            self.routers.append(dashboard.build_router())
        if guard is not None:
            of_journal = None if analytics is None else history
            self.routers.append(acts.build_router(reads, guard, of_journal))
        if analytics is not None and guard is not None:
            self.routers.append(
                investigation.build_router(
                    pool, analytics, history, guard=guard, investigators=investigators, clock=clock
                )
            )

    async def start(self) -> None:
        if self._shape_lock is not None:
            await self._shape_lock.start(self._pool)
        await self._suspensions.look()
        self._watching = keep_running(self._suspensions.run(), "suspensions")
        await self._positions.start()
        await self._streams.start()

    async def stop(self) -> None:
        await self._streams.stop()
        await self._positions.stop()
        await end(self._watching)
        await self._statements.close()
        self._drawing_board.close()
        if self._shape_lock is not None:
            await self._shape_lock.stop()

    def readiness(self) -> Mapping[str, Any]:
        shape = {} if self._shape_lock is None else self._shape_lock.readiness()
        return {**self._positions.readiness(), **shape, "suspensions": self._suspensions.known}
