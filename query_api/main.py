"""Runs the query API as a process of its own; wired in `build_app`."""

import logging
from contextlib import AsyncExitStack
from functools import partial

import aiohttp
from fastapi import FastAPI
from pydantic import SecretStr

from query_api.service import QueryService
from query_api.settings import Settings
from query_api.sharing.plain_page import SiteLinks, render_lost
from query_api.sharing.preview import PUBLIC_PAGES
from runtime.auth.operators import OperatorGuard, reveal_tokens
from runtime.auth.tokens import TokenVerifier
from runtime.clickhouse.server import ServerAnalytics, open_analysts_database
from runtime.limits.limiter import Limiter
from runtime.outside.wiring import OutsideClients
from runtime.postgres.migrations import MIGRATIONS
from runtime.postgres.pools import open_reading_pool
from runtime.postgres.read_models import read_shape
from runtime.postgres.shape_lock import ShapeLock
from runtime.process.clock import system_clock
from runtime.process.health_figures import show_circuits
from runtime.service.cell import secret_of
from runtime.service.lost_pages import show_lost_pages
from runtime.service.process_app import build_process_app
from runtime.service.process_routes import build_process_router
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit
from runtime.service.telemetry import configure_service

log = logging.getLogger(__name__)


def build_app(settings: Settings) -> FastAPI:
    """Return the whole process. It runs between the app's start-up and shut-down."""
    links = SiteLinks(settings.site_url)
    app = build_process_app("PRACTIX query API", settings, partial(_start, settings, links))
    render = partial(render_lost, links=links)
    show_lost_pages(app, lambda first_part: first_part == PUBLIC_PAGES, render)
    return app


async def _start(
    settings: Settings, links: SiteLinks, app: FastAPI, _limiter: Limiter, stack: AsyncExitStack
) -> None:
    """Start serving. `stack` stops and closes everything, in reverse order."""
    shape_lock = ShapeLock(read_shape(MIGRATIONS))
    pool = await open_reading_pool(
        settings.postgres_dsn.get_secret_value(),
        size_max=settings.pool_size,
        find_schema=shape_lock.find_schema,
    )
    stack.callback(pool.terminate)
    analytics, analysts = _open_analytics(settings)
    for opened in (analytics, analysts):
        if opened is not None:
            stack.push_async_callback(opened.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    outside = OutsideClients(session, settings.neighbours)
    service = QueryService(
        pool=pool,
        shape_lock=shape_lock,
        verifier=TokenVerifier(settings.token, system_clock, outside.fetch_keys),
        movies=outside.movies,
        ugc=outside.ugc,
        shortener=outside.shortener,
        public_url=settings.public_url,
        links=links,
        clock=system_clock,
        feed_secret=secret_of(settings.cell, settings.feed_secret),
        guard=_operator_guard(settings),
        analyst_token=_reveal(settings.analyst_token),
        investigators=_investigator_guard(settings),
        analytics=analytics,
        analysts=analysts,
        rules=settings.shared_rules(),
        cell_zone=settings.zone,
        min_position_timeout_s=settings.min_position_timeout_s,
        stream_limits=settings.streams,
    )
    for router in service.routers:
        app.include_router(router)
    show_circuits(outside.circuits)
    app.include_router(
        build_process_router(lambda: {**service.readiness(), "circuits": outside.circuits()})
    )
    await service.start()
    stack.push_async_callback(service.stop)


def _open_analytics(
    settings: Settings,
) -> tuple[ServerAnalytics, ServerAnalytics] | tuple[None, None]:
    """Return the history and the analysts' database; None if the settings name no ClickHouse."""
    if settings.clickhouse_dsn is None:
        return None, None
    dsn = settings.clickhouse_dsn.get_secret_value()
    analyst = _reveal(settings.clickhouse_analyst_dsn)
    investigator = _reveal(settings.clickhouse_investigator_dsn)
    return ServerAnalytics(dsn, analyst_dsn=investigator), open_analysts_database(dsn, analyst)


def _reveal(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _investigator_guard(settings: Settings) -> OperatorGuard | None:
    token = _reveal(settings.investigator_token)
    return None if token is None else OperatorGuard(token)


def _operator_guard(settings: Settings) -> OperatorGuard | None:
    if settings.operator_token is None:
        log.warning("no operator token: the routes for analysts are not served")
        return None
    return OperatorGuard(
        settings.operator_token.get_secret_value(),
        named=reveal_tokens(settings.operator_tokens),
    )


def main() -> None:
    settings = load_settings_or_exit(Settings)
    configure_service("query_api", settings)
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
