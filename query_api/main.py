"""A query process of its own. Wired in `build_app`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from fastapi import FastAPI

from query_api.service import REPRESENTATIONS, QueryService
from query_api.settings import Settings
from runtime.app import make_app
from runtime.clickhouse_server import ServerAnalytics
from runtime.clock import system_clock
from runtime.limits.limiter import Limiter
from runtime.openapi import describe
from runtime.outside.wiring import connect_outside
from runtime.postgres import open_pool
from runtime.process_routes import build_process_router
from runtime.serving import serve
from runtime.settings import settings_or_exit
from runtime.tokens import TokenVerifier


def build_app(settings: Settings) -> FastAPI:
    """The whole process; it works between the app's start-up and shut-down."""

    limiter = Limiter(settings.rate_limits)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = await open_pool(
            settings.postgres_dsn.get_secret_value(), size_max=settings.pool_size
        )
        analytics = _open_analytics(settings)
        async with aiohttp.ClientSession() as session:
            neighbours = connect_outside(session, settings.neighbours)
            service = QueryService(
                pool=pool,
                verifier=TokenVerifier(settings.token, system_clock, neighbours.fetch_keys),
                ugc=neighbours.ugc,
                clock=system_clock,
                feed_secret=settings.feed_secret.get_secret_value(),
                analytics=analytics,
                rules=settings.rules(),
                min_position_timeout_s=settings.min_position_timeout_s,
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
        if analytics is not None:
            await analytics.close()
        pool.terminate()

    app = make_app(
        "PRACTIX query API",
        lifespan,
        limiter,
        origins=settings.cors_origins,
        hosts=settings.hosts,
    )
    describe(app, REPRESENTATIONS)
    return app


def _open_analytics(settings: Settings) -> ServerAnalytics | None:
    if settings.clickhouse_dsn is None:
        return None
    return ServerAnalytics(settings.clickhouse_dsn.get_secret_value())


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    settings = settings_or_exit(Settings)
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
