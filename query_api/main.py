"""Runs the query API as a process of its own; wired in `build_app`."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import aiohttp
from fastapi import FastAPI

from query_api.service import QueryService
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
    """Return the whole process. It runs between the app's start-up and shut-down."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _start(app, settings, stack)
            yield

    app = make_app(
        "PRACTIX query API",
        lifespan,
        Limiter(settings.rate_limits),
        origins=settings.cors_origins,
        hosts=settings.hosts,
    )
    describe(app)
    return app


async def _start(app: FastAPI, settings: Settings, stack: AsyncExitStack) -> None:
    """Start serving. `stack` stops and closes everything, in reverse order."""
    pool = await open_pool(settings.postgres_dsn.get_secret_value(), size_max=settings.pool_size)
    stack.callback(pool.terminate)
    analytics = None
    if settings.clickhouse_dsn is not None:
        analytics = ServerAnalytics(settings.clickhouse_dsn.get_secret_value())
        stack.push_async_callback(analytics.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    outside = connect_outside(session, settings.neighbours)
    service = QueryService(
        pool=pool,
        verifier=TokenVerifier(settings.token, system_clock, outside.fetch_keys),
        ugc=outside.ugc,
        clock=system_clock,
        feed_secret=settings.feed_secret.get_secret_value(),
        analytics=analytics,
        rules=settings.rules(),
        min_position_timeout_s=settings.min_position_timeout_s,
    )
    for router in service.routers:
        app.include_router(router)
    app.include_router(
        build_process_router(lambda: {**service.readiness(), "circuits": outside.circuits()})
    )
    await service.start()
    stack.push_async_callback(service.stop)


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    settings = settings_or_exit(Settings)
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
