"""Runs a notifier as a process of its own: `python -m notifier`.

It ends with status 1 if the journal cannot be trusted. Of several notifiers one is active; the
others answer requests and stand by.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import aiohttp
from fastapi import FastAPI

from notifier.service import NotifierClients, NotifierService
from notifier.settings import Settings
from runtime.auth.operators import OperatorGuard, reveal_tokens
from runtime.auth.tokens import TokenVerifier
from runtime.journal.kafka import open_kafka_journal
from runtime.journal.port import Journal
from runtime.limits.limiter import Limiter
from runtime.outside.of_cell import NotificationOfCell
from runtime.outside.wiring import OutsideClients
from runtime.postgres.active_lock import ActiveLock
from runtime.postgres.pools import open_pool
from runtime.process.clock import steady_clock, system_clock
from runtime.process.clock_watch import ClockWatch
from runtime.process.health_figures import show_circuits
from runtime.service.cell import UNNAMED
from runtime.service.process_app import build_process_app
from runtime.service.process_routes import build_process_router
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit
from runtime.service.telemetry import configure_service


def build_app(
    settings: Settings, journal_of: Callable[[Settings], Journal] = open_kafka_journal
) -> FastAPI:
    """Return the whole process. It runs between the app's start-up and shut-down."""
    return build_process_app("PRACTIX notifier", settings, partial(_start, settings, journal_of))


async def _start(
    settings: Settings,
    journal_of: Callable[[Settings], Journal],
    app: FastAPI,
    _limiter: Limiter,
    stack: AsyncExitStack,
) -> None:
    """Start to follow the journal and to serve. `stack` stops and closes everything, in reverse
    order."""
    journal = journal_of(settings)
    stack.push_async_callback(journal.close)
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), size_max=settings.pool_size)
    stack.callback(pool.terminate)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    outside = OutsideClients(session, settings.neighbours)
    service = NotifierService(
        journal,
        pool,
        clients_from(outside, settings.cell),
        verifier=TokenVerifier(settings.token, system_clock, outside.fetch_keys),
        guard=OperatorGuard(
            settings.operator_token.get_secret_value(),
            named=reveal_tokens(settings.operator_tokens),
        ),
        clock_watch=ClockWatch(system_clock, steady_clock),
        public_url=settings.public_url,
        cell_zone=settings.zone,
        keep_days=settings.keep_days,
        targets=settings.publish_targets,
        approval_kinds=settings.approval_kinds,
        dispatchers=settings.dispatchers,
        pace=settings.pace(),
        lock=ActiveLock(pool, "notifier"),
    )
    for router in service.routers:
        app.include_router(router)
    show_circuits(outside.circuits)
    app.include_router(
        build_process_router(lambda: {**service.readiness(), "circuits": outside.circuits()})
    )
    await service.start()
    stack.push_async_callback(service.stop)


def clients_from(outside: OutsideClients, cell: str = UNNAMED) -> NotifierClients:
    """Return those of the clients that the notifier of a cell needs."""
    return NotifierClients(
        notification=NotificationOfCell(outside.notification, cell),
        shortener=outside.shortener,
        auth=outside.auth,
        ugc=outside.ugc,
    )


def main() -> None:
    settings = load_settings_or_exit(Settings)
    configure_service("notifier", settings)
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
