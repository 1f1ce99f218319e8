"""The embedded profile: runs the four services and the stand-in in one event loop, on one port.

It is the deployed code with other adapters: the journal is a SQLite file, PostgreSQL is a
child process, and no command is ever forwarded.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import asyncpg
from fastapi import FastAPI
from pydantic import SecretStr

from command_api.leader.timing import Timing
from command_api.service import CommandService, open_image_store
from command_api.settings import RuleSettings
from contracts.journal.acceptance import JournalBroken
from contracts.values.times import to_ms
from contracts.write_levels import NEWEST
from launcher.data_directory import DataDirectory
from launcher.profiles.no_peers import NoPeers
from launcher.profiles.supervision import keep_up
from launcher.profiles.tables import prepare_tables
from launcher.profiles.welcome import Welcome, build_welcome, load_stand_in_settings
from launcher.servers.postgres import PostgresServer
from launcher.servers.postgres_copy import forget_restore, is_restored
from launcher.servers.process import ServerError
from launcher.settings import Settings
from neighbours.app import StandInState
from neighbours.app import build_router as build_stand_in_router
from neighbours.in_process import InProcessClients
from neighbours.pages import show_lost_pages_of_site
from neighbours.site.routes import build_site_router
from notifier.dispatcher import DispatcherPace
from notifier.reader import NOTICE_LIMITS
from notifier.restored.noting import note_restored
from notifier.service import NotifierClients, NotifierService
from projector.analysts.service import AnalystsService
from projector.history.reader import HISTORY_LIMITS
from projector.history.service import HistoryService
from projector.http import build_router as build_projector_router
from projector.proof.history_votes import HistoryVotes
from projector.proof.scratch.checkpoints import VerifiedCheckpoints
from projector.rebuild.history_rebuilding import HistoryRebuilding
from projector.rebuild.room import PostgresRoom
from projector.service import ProjectorService
from query_api.service import QueryService
from query_api.sharing.plain_page import SiteLinks
from runtime.auth.operators import OperatorGuard, reveal_tokens
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.clickhouse.chdb import ANALYSTS_DATABASE, ChdbAnalytics
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, MIGRATIONS, migrate
from runtime.clickhouse.port import Analytics, AnalyticsError
from runtime.journal.sqlite import SqliteJournal
from runtime.limits.limiter import Limiter
from runtime.migration_files import MigrationEdited
from runtime.openapi.document import TITLE, complete_document
from runtime.outside.of_cell import NotificationOfCell
from runtime.postgres import migrations as postgres_migrations
from runtime.postgres.pools import open_pool, open_reading_pool
from runtime.postgres.read_models import read_shape
from runtime.postgres.shape_lock import ShapeLock
from runtime.process.clock import Clock, shifted_clock
from runtime.process.garbage_collector import collect_rarely, spare_long_lived_state
from runtime.process.health_figures import show_circuits, show_disk
from runtime.process.lifecycle import current_process
from runtime.process.tasks import end, keep_running, run_aside, start_for
from runtime.pseudonyms import Pseudonyms
from runtime.service.app import make_app
from runtime.service.cell import secret_of
from runtime.service.process_routes import build_process_router
from runtime.service.settings import load_settings

log = logging.getLogger(__name__)

POOL_SIZES: Final = {"query_api": 11, "projector": 6, "notifier": 7}
ALONE: Final = Timing(alone=True, tick_s=0.05)

UNHURRIED: Final = DispatcherPace(at_once=16, batch=64)
"""Notices share the one process with everything else and must not crowd it out."""

RARE_BLOCKS: Final = HISTORY_LIMITS._replace(pause_s=1.0)
RARE_PLANS: Final = NOTICE_LIMITS._replace(pause_s=0.25)
"""A block of rows and a plan of notices cost much, however small they are. What comes after a
quiet time is written at once all the same."""

OnReady = Callable[[Welcome], None]


class ReportsReadiness(Protocol):
    def readiness(self) -> Mapping[str, Any]: ...


class RunningService(ReportsReadiness, Protocol):
    """A service that follows the journal, started once and stopped once.

    The task that `start` returns ends only with an error.
    """

    async def start(self) -> asyncio.Task[None]: ...

    async def stop(self) -> None: ...


def build_app(
    settings: Settings,
    data: DataDirectory,
    on_ready: OnReady,
) -> FastAPI:
    """Return the app of the whole system, which works from its start-up to its shut-down.

    `on_ready` is called with a greeting once commands are accepted and reads follow them.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                await _start(app, settings, data, on_ready, stack)
            except ServerError as error:
                current_process().fail(str(error))  # For a person: no traceback.
            yield

    app = make_app(
        TITLE,
        lifespan,
        Limiter(settings.rate_limits),
        origins=settings.cors_origins,
        hosts=settings.hosts,
    )
    complete_document(app)
    show_lost_pages_of_site(app)
    return app


async def _start(
    app: FastAPI,
    settings: Settings,
    data: DataDirectory,
    on_ready: OnReady,
    stack: AsyncExitStack,
) -> None:
    collect_rarely()
    resources = await _open_resources(settings, data, stack)
    await _tell_of_restore(resources, data.path / "postgres")
    services = _build_services(resources, settings, data)
    await services.query.start()
    stack.push_async_callback(services.query.stop)
    await resources.engine_warm
    for service in services.following.values():
        await service.start()
        stack.push_async_callback(service.stop)
    _include_routes(app, services, resources)
    greeting = build_welcome(settings, data, resources.stand_in)
    greeted = _greet_when_ready(services.command, services.projector, greeting, on_ready)
    stack.callback(run_aside(greeted, "greeting").cancel)


class EmbeddedResources(NamedTuple):
    """The parts that all services share: one clock, one journal, the stores and the stand-in."""

    clock: Clock
    journal: SqliteJournal
    dsns: dict[str, str]
    """With the rights of each service."""
    cluster: Path | None
    """Directory of PostgreSQL's files."""
    pools: dict[str, asyncpg.Pool]
    shape_locks: dict[str, ShapeLock]
    """Lock of each service that uses the read models, by its name."""
    analytics: ChdbAnalytics
    analysts: ChdbAnalytics
    """Another engine on a directory of its own: what analysts ask cannot reach the history."""
    engine_warm: asyncio.Task[None]
    stand_in: StandInState
    outside: InProcessClients
    guard: OperatorGuard


async def _open_resources(
    settings: Settings, data: DataDirectory, stack: AsyncExitStack
) -> EmbeddedResources:
    """Open everything, in the order in which `stack` closes it again. Raises ServerError."""
    clock = shifted_clock(settings.clock_offset_s)
    show_disk("data", data.path)
    stand_in = StandInState(load_stand_in_settings(settings, data), clock)
    stack.callback(stand_in.close)
    analytics = ChdbAnalytics(data.path / "clickhouse")
    stack.push_async_callback(analytics.close)
    analysts = ChdbAnalytics(data.path / ANALYSTS_DATABASE, database=ANALYSTS_DATABASE)
    stack.push_async_callback(analysts.close)
    warming = start_for(
        _warm(analytics, analysts), "engine"
    )  # While PostgreSQL starts: both take seconds.
    stack.push_async_callback(end, warming)
    postgres = await stack.enter_async_context(PostgresServer(data.path / "postgres"))
    stack.push_async_callback(end, keep_running(keep_up(postgres), "PostgreSQL"))
    dsns = await prepare_tables(postgres.nearest_dsn)
    shape = read_shape(postgres_migrations.MIGRATIONS)
    locks = {"query_api": ShapeLock(shape), "projector": ShapeLock(shape, unready=True)}
    pools = await _open_pools(dsns, locks, stack)
    journal = SqliteJournal(data.journal_path, clock=lambda: to_ms(clock()))
    stack.push_async_callback(journal.close)
    return EmbeddedResources(
        clock=clock,
        journal=journal,
        dsns=dsns,
        cluster=postgres.cluster,
        pools=pools,
        shape_locks=locks,
        analytics=analytics,
        analysts=analysts,
        engine_warm=warming,
        stand_in=stand_in,
        outside=InProcessClients(stand_in),
        guard=OperatorGuard(data.operator_token, named=reveal_tokens(settings.operator_tokens)),
    )


async def _tell_of_restore(resources: EmbeddedResources, postgres: Path) -> None:
    """Tell the outbox of a restored PostgreSQL that the journal may be newer."""
    if is_restored(postgres):
        with suppress(JournalBroken):  # The services find the same, and say so.
            await note_restored(resources.journal, resources.pools["notifier"])
            forget_restore(postgres)


class EmbeddedServices(NamedTuple):
    command: CommandService
    query: QueryService
    projector: ProjectorService
    history: HistoryService
    analysts: AnalystsService
    notifier: NotifierService

    @property
    def following(self) -> dict[str, RunningService]:
        """The services that follow the journal, by name, in the order of their start."""
        return {
            "projector": self.projector,
            "history": self.history,
            "analysts": self.analysts,
            "notifier": self.notifier,
            "command_api": self.command,
        }

    def readiness(self) -> dict[str, Any]:
        """Return every check as `service.name`."""
        services: dict[str, ReportsReadiness] = {"query_api": self.query, **self.following}
        return {
            f"{service}.{name}": value
            for service, reporting in services.items()
            for name, value in reporting.readiness().items()
        }


def _build_services(
    resources: EmbeddedResources, settings: Settings, data: DataDirectory
) -> EmbeddedServices:
    """Return the services on their adapters, not started."""
    clock, guard, outside = resources.clock, resources.guard, resources.outside
    tokens = TokenSettings(secret=SecretStr(data.token_secret))
    # One process is of one build: whatever it writes, it can read.
    rules = load_settings(RuleSettings).rules(write_level=NEWEST)
    history = HistoryService(resources.journal, resources.analytics, limits=RARE_BLOCKS)
    return EmbeddedServices(
        command=CommandService(
            journal=resources.journal,
            own_url=f"http://127.0.0.1:{settings.port}",
            cell_secret=secret_of(settings.cell, SecretStr(data.cell_secret)),
            peers=NoPeers(),
            verifier=TokenVerifier(tokens, clock),
            guard=guard,
            auth=outside.auth,
            movies=outside.movies,
            ugc=outside.ugc,
            clock=clock,
            timing=ALONE,
            rules=rules,
            store=open_image_store(data.image_path),
        ),
        query=QueryService(
            pool=resources.pools["query_api"],
            shape_lock=resources.shape_locks["query_api"],
            verifier=TokenVerifier(tokens, clock),
            movies=outside.movies,
            ugc=outside.ugc,
            shortener=outside.shortener,
            clock=clock,
            feed_secret=secret_of(settings.cell, SecretStr(data.feed_secret)),
            guard=guard,
            analytics=resources.analytics,
            analysts=resources.analysts,
            analyst_token=data.analyst_token,
            investigators=OperatorGuard(data.investigator_token),
            rules=rules,
            cell_zone=settings.zone,
            links=SiteLinks("/"),
        ),
        projector=ProjectorService(
            resources.journal,
            resources.pools["projector"],
            history=HistoryVotes(resources.analytics, history.reader),
            history_rebuilding=HistoryRebuilding(resources.journal, resources.analytics, history),
            checkpoints=VerifiedCheckpoints(data.verify_path),
            clock=clock,
            dsn=resources.dsns["projector"],
            room=PostgresRoom(resources.cluster),
            shape_lock=resources.shape_locks["projector"],
        ),
        history=history,
        analysts=AnalystsService(
            resources.journal,
            resources.analysts,
            resources.analytics,
            Pseudonyms(data.pseudonym_key),
            days_max=settings.analysts_days_max,
            limits=RARE_BLOCKS,
            outbox=resources.pools["projector"],
        ),
        notifier=NotifierService(
            resources.journal,
            resources.pools["notifier"],
            NotifierClients(
                NotificationOfCell(outside.notification, settings.cell),
                outside.shortener,
                outside.auth,
                outside.ugc,
            ),
            verifier=TokenVerifier(tokens, clock),
            guard=guard,
            cell_zone=settings.zone,
            clock=clock,
            keep_days=settings.notices_keep_days,
            targets=settings.publish_targets,
            approval_kinds=settings.approval_kinds,
            limits=RARE_PLANS,
            dispatchers=1,
            pace=UNHURRIED,
        ),
    )


def _include_routes(app: FastAPI, services: EmbeddedServices, resources: EmbeddedResources) -> None:
    def readiness() -> dict[str, Any]:
        return {**services.readiness(), "circuits": resources.outside.circuits()}

    show_circuits(resources.outside.circuits)
    for router in (
        build_stand_in_router(resources.stand_in),  # First: a search would go through all others.
        *services.command.routers,
        *services.query.routers,
        *services.notifier.routers,
        build_projector_router(services.projector, resources.guard),
        build_process_router(readiness),
        build_site_router(),
    ):
        app.include_router(router)


async def _warm(analytics: Analytics, analysts: Analytics) -> None:
    """Start the engines of ClickHouse and migrate their tables before anybody reads.

    If that fails, the service that fills the tables tries again or says why; nothing else
    depends on it.
    """
    for engine, files in ((analytics, MIGRATIONS), (analysts, ANALYSTS_MIGRATIONS)):
        with suppress(AnalyticsError, MigrationEdited):
            await migrate(engine, files)


async def _open_pools(
    dsns: dict[str, str], locks: Mapping[str, ShapeLock], stack: AsyncExitStack
) -> dict[str, asyncpg.Pool]:
    """Open a pool for each service, with the service's own rights."""
    pools = {}
    for service, dsn in dsns.items():
        open_own = open_reading_pool if service == "query_api" else open_pool
        find_schema = locks[service].find_schema if service in locks else lambda: None
        pools[service] = await open_own(dsn, size_max=POOL_SIZES[service], find_schema=find_schema)
        stack.callback(pools[service].terminate)
    return pools


async def _greet_when_ready(
    command: CommandService, projector: ProjectorService, greeting: Welcome, on_ready: OnReady
) -> None:
    """Call `on_ready` once this process leads and the projector has caught up."""
    await command.node.caught_up.wait()
    while not (command.node.leading and projector.ready):
        await asyncio.sleep(0.02)
    spare_long_lived_state()
    on_ready(greeting)
