"""Measures how many notices a second go from the journal to Notification.

Method: generate a history of less than three days that ends now, and let a whole notifier follow
it over a real PostgreSQL, with the stand-in of Notification in its process. The time runs from
the start of the notifier until nothing waits that is due. The baseline is the stand-in alone,
which takes the same notices one after another: nobody is faster in one process.
"""

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import SecretStr

from benchmarks.generated.history import BEGIN
from benchmarks.generated.journal import generate_entries, write_journal
from benchmarks.generated.lawful import LawfulHistory
from benchmarks.harness.report import Report
from contracts.journal.records import Commit
from launcher.servers.postgres import PostgresServer
from neighbours.app import StandInState
from neighbours.in_process import InProcessClients
from neighbours.settings import StandInSettings
from notifier.policies.effects import TOLD_WITHIN
from notifier.service import NotifierClients, NotifierService
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.journal.sqlite import SqliteJournal
from runtime.outside.ports import Notice
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.process.clock import system_clock
from runtime.process.garbage_collector import collect_rarely
from runtime.service.cell import ZONE_DEFAULT

QUESTION: Final = "how many notices a second go from the journal to Notification?"
RECORDS: Final = 20_000
LIVE: Final = 12_000
"""The number of announcements that are open at a time."""
POLL_S: Final = 0.05
SECRET: Final = SecretStr("a secret of the benchmark, long enough for everything")
WAITING: Final = """
    SELECT EXISTS (SELECT FROM notifier.notices WHERE state = 'waiting' AND turn IS NOT NULL)
        OR EXISTS (SELECT FROM notifier.notices WHERE state = 'waiting' AND holder IS NOT NULL)
        OR EXISTS (SELECT FROM notifier.notices WHERE state = 'waiting' AND try_at <= now())
"""


class Delivered(NamedTuple):
    """The duration of one run, and the processor time of the notifier's process."""

    planned_s: float
    """Until the outbox had every notice."""
    delivered_s: float
    cpu_s: float


class CountedNotification:
    """Notification: the stand-in, and a list of what it took."""

    def __init__(self, clients: InProcessClients) -> None:
        self._clients = clients
        self.sent: list[Notice] = []
        self.retract = clients.notification.retract
        self.empty_inbox = clients.notification.empty_inbox

    async def send(self, notice: Notice) -> None:
        await self._clients.notification.send(notice)
        self.sent.append(notice)


async def main(report: Report) -> None:
    collect_rarely()
    records = report.scale(RECORDS)
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        journal = directory / "journal.sqlite"
        write_journal(journal, generate_entries(_generate_recent(records)))
        async with PostgresServer(directory / "postgres") as postgres:
            sent, delivered = await _deliver(
                postgres.nearest_dsn, journal, records, directory / "first"
            )
        alone_s = await _take_alone(sent, directory / "second")
    n = len(sent)
    report.add("notices/stand_in_alone/rate", n / alone_s, "notices/s", n)
    report.add("notices/planned/rate", n / delivered.planned_s, "notices/s", n)
    report.add(
        "notices/delivered/rate",
        n / delivered.delivered_s,
        "notices/s",
        n,
        "notices/stand_in_alone/rate",
    )
    report.add("notices/delivered/cpu", 1e6 * delivered.cpu_s / n, "us/notice", n)


def _generate_recent(records: int) -> Iterator[Commit]:
    """Yield so many Commits, of which the last happens now."""
    seen = islice(LawfulHistory(LIVE).commits_by_time(), records)
    lasted = deque(seen, maxlen=1)[0].decided_at - BEGIN
    if lasted > TOLD_WITHIN:
        raise ValueError(f"the history lasts {lasted}: some of it is too old to be told")
    return islice(LawfulHistory(LIVE, begin=datetime.now(UTC) - lasted).commits_by_time(), records)


async def _deliver(
    dsn: str, path: Path, records: int, data: Path
) -> tuple[list[Notice], Delivered]:
    """Let a notifier follow the journal until nothing waits. Returns what was sent."""
    pool = await open_pool(dsn)
    await migrate(pool)
    journal = SqliteJournal(path)
    async with _stand_in(data) as clients:
        notification = CountedNotification(clients)
        service = NotifierService(
            journal,
            pool,
            NotifierClients(notification, clients.shortener, clients.auth, clients.ugc),
            verifier=TokenVerifier(TokenSettings(secret=SECRET), system_clock),
            guard=OperatorGuard(SECRET.get_secret_value()),
            cell_zone=ZONE_DEFAULT,
        )
        started, cpu_s = time.perf_counter(), time.process_time()
        await service.start()
        while service.position < records:
            await asyncio.sleep(POLL_S)
        planned_s = time.perf_counter() - started
        while await pool.fetchval(WAITING):
            await asyncio.sleep(POLL_S)
        delivered_s = time.perf_counter() - started
        cpu_s = time.process_time() - cpu_s
        await service.stop()
    await journal.close()
    await pool.close()
    return notification.sent, Delivered(planned_s, delivered_s, cpu_s)


async def _take_alone(sent: list[Notice], data: Path) -> float:
    """Return the seconds that the stand-in alone takes for all of these notices."""
    async with _stand_in(data) as clients:
        started = time.perf_counter()
        for notice in sent:
            await clients.notification.send(notice)
        return time.perf_counter() - started


@asynccontextmanager
async def _stand_in(data: Path) -> AsyncIterator[InProcessClients]:
    token = SECRET.get_secret_value()
    settings = StandInSettings(data_dir=data, operator_token=token, credential=token, secret=SECRET)
    async with AsyncExitStack() as stack:
        state = StandInState(settings)
        stack.callback(state.close)
        yield InProcessClients(state)
