"""Runs a projector as a process of its own: `python -m projector`.

It ends with status 1 if the journal cannot be trusted. Of several projectors one is active for
each shape of the read models; the others stand by.
"""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import NamedTuple

import asyncpg
from fastapi import FastAPI

from projector.analysts.service import AnalystsService
from projector.history.service import HistoryService
from projector.http import build_router
from projector.proof.history_votes import HistoryVotes
from projector.proof.scratch.checkpoints import VerifiedCheckpoints
from projector.rebuild.history_rebuilding import HistoryRebuilding
from projector.service import ProjectorService
from projector.settings import Settings
from runtime.auth.operators import OperatorGuard, reveal_tokens
from runtime.clickhouse.server import ServerAnalytics, open_analysts_database
from runtime.journal.kafka import open_kafka_journal
from runtime.journal.port import Journal
from runtime.limits.limiter import Limiter
from runtime.postgres.active_lock import ActiveLock
from runtime.postgres.migrations import MIGRATIONS
from runtime.postgres.pools import open_pool
from runtime.postgres.read_models import read_shape
from runtime.postgres.shape_lock import ShapeLock
from runtime.process.garbage_collector import collect_rarely
from runtime.process.health_figures import show_disk
from runtime.pseudonyms import Pseudonyms
from runtime.service.process_app import build_process_app
from runtime.service.process_routes import build_process_router
from runtime.service.serving import serve
from runtime.service.settings import load_settings_or_exit
from runtime.service.telemetry import configure_service

log = logging.getLogger(__name__)


def build_app(
    settings: Settings, journal_of: Callable[[Settings], Journal] = open_kafka_journal
) -> FastAPI:
    """Return the whole process. It runs between the app's start-up and shut-down."""
    return build_process_app("PRACTIX projector", settings, partial(_start, settings, journal_of))


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
    shape_lock = ShapeLock(read_shape(MIGRATIONS), unready=True)
    pool = await open_pool(
        settings.postgres_dsn.get_secret_value(), find_schema=shape_lock.find_schema
    )
    stack.callback(pool.terminate)
    history = await _start_history(settings, journal, pool, stack)
    service = ProjectorService(
        journal,
        pool,
        history=history and history.votes,
        history_rebuilding=history and history.rebuilding,
        checkpoints=VerifiedCheckpoints(settings.verify_directory),
        limits=settings.limits(),
        lock=ActiveLock(pool, "projector"),
        dsn=settings.postgres_dsn.get_secret_value(),
        room=settings.room(),
        shape_lock=shape_lock,
    )
    guard = OperatorGuard(
        settings.operator_token.get_secret_value(),
        named=reveal_tokens(settings.operator_tokens),
    )
    app.include_router(build_router(service, guard))
    app.include_router(build_process_router(service.readiness))
    if settings.verify_directory:
        show_disk("verify", settings.verify_directory)
    await service.start()
    stack.push_async_callback(service.stop)


class _History(NamedTuple):
    """What the projector needs of the history."""

    votes: HistoryVotes
    rebuilding: HistoryRebuilding


async def _start_history(
    settings: Settings, journal: Journal, pool: asyncpg.Pool, stack: AsyncExitStack
) -> _History | None:
    """Follow the journal into ClickHouse until `stack` closes, while the locks in `pool` allow
    it. Returns None if the settings name no ClickHouse."""
    if settings.clickhouse_dsn is None:
        return None
    dsn = settings.clickhouse_dsn.get_secret_value()
    analytics = ServerAnalytics(dsn)
    stack.push_async_callback(analytics.close)
    history = HistoryService(journal, analytics, lock=ActiveLock(pool, "history"))
    await history.start()
    stack.push_async_callback(history.stop)
    if settings.pseudonym_key is None:
        log.warning("no pseudonym key: the analysts' database is not filled")
    else:
        analysts = open_analysts_database(dsn, None)
        stack.push_async_callback(analysts.close)
        following = AnalystsService(
            journal,
            analysts,
            analytics,
            Pseudonyms(settings.pseudonym_key.get_secret_value()),
            days_max=settings.analysts_days_max,
            lock=ActiveLock(pool, "analysts"),
            outbox=pool,
        )
        await following.start()
        stack.push_async_callback(following.stop)
    return _History(
        HistoryVotes(analytics, history.reader), HistoryRebuilding(journal, analytics, history)
    )


def main() -> None:
    settings = load_settings_or_exit(Settings)
    configure_service("projector", settings)
    collect_rarely()
    serve(partial(build_app, settings), settings.host, settings.port, settings.http)
