"""A second projector takes over from one that is frozen within a transaction."""

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
import asyncpg
import pytest

from runtime.journal.kafka import KafkaJournal
from tests.cells.stand_in import OPERATOR
from tests.e2e.operating.standby import active_and_standby, until
from tests.histories.notifier_events import NotifierHistory, created, published, seen
from tests.paths import ROOT
from tests.servers.choice import Broker

TAKEN_OVER_S_MAX: Final = 60.0
"""Within 6 s PostgreSQL ends the session with the lock, and within 5 s the one with the
position. The rest is for a slow machine."""
HOLD_WRITES_UP: Final = "LOCK TABLE read_model.announcements IN SHARE MODE"
IS_WAITED_FOR: Final = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'client backend'
                   AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""
IS_IDLE_IN_TRANSACTION: Final = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                   AND state = 'idle in transaction')
"""
POSITION: Final = "SELECT seq FROM read_model.reader_position WHERE reader = 'projector'"


@pytest.fixture
async def journal(kafka_server: Broker, kafka_topic: str) -> AsyncIterator[KafkaJournal]:
    found = KafkaJournal(kafka_server.bootstrap_servers, kafka_topic)
    yield found
    await found.close()


@pytest.fixture
async def tables(postgres_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    found = await asyncpg.connect(postgres_dsn)
    yield found
    await found.close()


async def test_a_standby_takes_over_from_a_projector_that_is_frozen_within_a_transaction(
    tmp_path: Path,
    kafka_server: Broker,
    kafka_topic: str,
    postgres_dsn: str,
    journal: KafkaJournal,
    tables: asyncpg.Connection,
) -> None:
    environment = {
        "PYTHONPATH": str(ROOT),
        "KAFKA_BOOTSTRAP_SERVERS": kafka_server.bootstrap_servers,
        "PROJECTOR_JOURNAL_TOPIC": kafka_topic,
        "PROJECTOR_POSTGRES_DSN": postgres_dsn,
        "PRACTIX_OPERATOR_TOKEN": OPERATOR,
        "PRACTIX_HTTP__DRAIN_S": "0",
    }
    history = NotifierHistory()

    async def tell(name: str) -> None:
        history.tell(seen(name), created(name, name), published(name))
        await history.write_to(journal)

    async def has_all() -> bool:
        return bool(await tables.fetchval(POSITION) == history.seq)

    await tell("anna")
    async with (
        aiohttp.ClientSession() as session,
        active_and_standby("projector", session, tmp_path, environment) as (active, standby),
    ):
        await until(has_all)
        async with tables.transaction():
            await tables.execute(HOLD_WRITES_UP)
            await tell("boris")
            await until(partial(tables.fetchval, IS_WAITED_FOR))
            await active.process.freeze()
        await until(partial(tables.fetchval, IS_IDLE_IN_TRANSACTION))
        async with asyncio.timeout(TAKEN_OVER_S_MAX):
            await until(partial(standby.has_role, session, "active"))
            await until(has_all)
        active.process.send_signal(signal.SIGCONT)
        await until(partial(active.has_role, session, "standby"))
        await tell("vera")
        await until(has_all)
