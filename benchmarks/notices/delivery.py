"""Measures how many notices a second go from the journal to Notification.

Question: how long does a notifier take from the records of a journal until everything that is to
be told now was delivered? Method: generate a history of a day that ends now and let a whole
notifier follow it, over a real PostgreSQL, with the stand-in of Notification in its process. The
clock runs from the start of the notifier until nothing is due any more. The baseline is the
stand-in alone, which takes the same notices one after another: nobody is faster in one process.
A notifier on two cores has PostgreSQL and the journal's thread beside it.

    python -m benchmarks.notices.delivery [--records 20000] [--profile FILE]
"""

import argparse
import asyncio
import cProfile
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
from pydantic import SecretStr

from benchmarks.generated.history import BEGIN
from benchmarks.generated.journal import generate_entries, write_journal
from benchmarks.generated.lawful import LawfulHistory
from benchmarks.report import Report
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

RECORDS: Final = 20_000
LIVE: Final = 6_000
"""How many announcements are open at a time."""
POLL_S: Final = 0.05
SECRET: Final = SecretStr("a secret of the benchmark, long enough for everything")
WAITING: Final = """
    SELECT EXISTS (SELECT FROM notifier.notices WHERE state = 'waiting' AND turn IS NOT NULL)
        OR EXISTS (SELECT FROM notifier.notices WHERE state = 'waiting' AND holder IS NOT NULL)
        OR EXISTS (SELECT FROM notifier.notices WHERE state = 'waiting' AND try_at <= now())
"""
BY_STATE: Final = "SELECT state, count(*) FROM notifier.notices GROUP BY state"


class Delivered(NamedTuple):
    """The result of one run."""

    notices: int
    read_s: float
    """Until everything was planned."""
    seconds: float
    """Until everything was delivered."""
    processor_s: float
    """Processor time of the notifier's process."""


class Recorder:
    """Notification: the stand-in, and a list of what it took."""

    def __init__(self, clients: InProcessClients) -> None:
        self._clients = clients
        self.sent: list[Notice] = []
        self.retract = clients.notification.retract
        self.empty_inbox = clients.notification.empty_inbox

    async def send(self, notice: Notice) -> None:
        await self._clients.notification.send(notice)
        self.sent.append(notice)


async def main(report: Report, records: int = RECORDS) -> None:
    collect_rarely()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        journal = directory / "journal.sqlite"
        write_journal(journal, generate_entries(_generate_recent(records)))
        async with PostgresServer(directory / "postgres") as postgres:
            sent, delivered = await _deliver(postgres.dsn, journal, records, directory / "first")
        seconds = await _take_alone(sent, directory / "second")
    n = delivered.notices
    report.add("notices/stand_in_alone", n / seconds, "notices/s", n)
    report.add("notices/planned", n / delivered.read_s, "notices/s", n)
    report.add("notices/delivered", n / delivered.seconds, "notices/s", n, "notices/stand_in_alone")
    report.add("notices/processor", 1e6 * delivered.processor_s / n, "us", n)


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
        notification = Recorder(clients)
        service = NotifierService(
            journal,
            pool,
            NotifierClients(notification, clients.shortener, clients.auth, clients.ugc),
            verifier=TokenVerifier(TokenSettings(secret=SECRET), system_clock),
            guard=OperatorGuard(SECRET.get_secret_value()),
        )
        started, processor_s = time.perf_counter(), time.process_time()
        await service.start()
        while service.position < records:
            await asyncio.sleep(POLL_S)
        read_s = time.perf_counter() - started
        while await pool.fetchval(WAITING):
            await asyncio.sleep(POLL_S)
        seconds = time.perf_counter() - started
        processor_s = time.process_time() - processor_s
        print({row[0]: row[1] for row in await pool.fetch(BY_STATE)})
        await service.stop()
    await journal.close()
    await pool.close()
    return notification.sent, Delivered(len(notification.sent), read_s, seconds, processor_s)


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


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--profile")
    options = parser.parse_args()
    report = Report("python -m benchmarks.notices.delivery")
    if options.profile:
        cProfile.run("asyncio.run(main(report, options.records))", options.profile)
    else:
        asyncio.run(main(report, options.records))
    report.print()
