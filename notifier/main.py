"""A notifier process of its own. Wired in `build_app`.

It ends with status 1 when the journal cannot be trusted or another notifier has taken the
tables over.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from fastapi import FastAPI

from notifier.service import Clients, NotifierService
from notifier.settings import Settings
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenVerifier
from runtime.journal.kafka import KafkaJournal
from runtime.journal.port import Journal
from runtime.limits.limiter import Limiter
from runtime.openapi.document import complete_document
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from runtime.process.clock import steady_clock, system_clock
from runtime.process.clock_watch import ClockWatch
from runtime.service.app import make_app
from runtime.service.process_routes import build_process_router
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit


def open_journal(settings: Settings) -> Journal:
    return KafkaJournal(
        settings.kafka_bootstrap_servers,
        settings.journal_topic,
        client_options=settings.kafka.client_options(),
    )


def build_app(
    settings: Settings, journal_of: Callable[[Settings], Journal] = open_journal
) -> FastAPI:
    """The whole process; it works between the app's start-up and shut-down."""

    limiter = Limiter(settings.rate_limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        journal = journal_of(settings)
        pool = await open_pool(
            settings.postgres_dsn.get_secret_value(), size_max=settings.pool_size
        )
        async with aiohttp.ClientSession() as session:
            neighbours = OutsideClients(session, settings.neighbours)
            verifier = TokenVerifier(settings.token, system_clock, neighbours.fetch_keys)
            service = NotifierService(
                journal,
                pool,
                clients_of(neighbours),
                verifier=verifier,
                guard=OperatorGuard(settings.operator_token.get_secret_value()),
                clock_watch=ClockWatch(system_clock, steady_clock),
                public_url=settings.public_url,
                pace=settings.pace(),
            )
            for router in service.routers:
                app.include_router(router)
            app.include_router(
                build_process_router(
                    lambda: {**service.readiness(), "circuits": neighbours.circuits()}
                )
            )
            await service.start()
            yield
            await service.stop()
        await journal.close()
        pool.terminate()

    app = make_app(
        "PRACTIX notifier",
        lifespan,
        limiter,
        origins=settings.cors_origins,
        hosts=settings.hosts,
    )
    complete_document(app)
    return app


def clients_of(neighbours: OutsideClients) -> Clients:
    return Clients(
        notification=neighbours.notification,
        shortener=neighbours.shortener,
        auth=neighbours.auth,
        ugc=neighbours.ugc,
    )


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    settings = load_settings_or_exit(Settings)
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
