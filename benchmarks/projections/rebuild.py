"""Measures how long it takes to rebuild the read models of a million records.

Method: generate a journal with 5,000 live announcements, and let a projector follow it into empty
tables of a real PostgreSQL, with their indexes set aside and made again. `indexes` is the part of
the time that making them took. `memory` is the resident memory of its process after a tenth and at
the end: it is to be the same. A quick run has fewer records, so it states their rate and no
duration.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.harness.processes import read_cost
from benchmarks.harness.report import Report
from benchmarks.projections.following import follow_to_end, write_generated
from launcher.servers.postgres import PostgresServer
from projector.read_models.postgres.filling import Filling
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projector import Projector
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.process.garbage_collector import collect_rarely

QUESTION: Final = "how long does it take to rebuild the read models of a million records?"
RECORDS: Final = 1_000_000
NAME: Final = "projections/rebuild"


async def main(report: Report) -> None:
    collect_rarely()
    records = report.scale(RECORDS)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "journal.sqlite"
        write_generated(path, records)
        async with PostgresServer(Path(scratch) / "postgres") as postgres:
            pool = await open_pool(postgres.dsn)
            await migrate(pool)
            filling, seconds = Filling(pool), 0.0
            for name, seq in (("a_tenth", records // 10), ("all", records)):
                # The second reader goes on where the first one stopped.
                journal, sink = SqliteJournal(path), PostgresSink(pool)
                projector = Projector(journal, sink)
                await filling.begin(await sink.position(), journal)
                seconds += await follow_to_end(projector, seq)
                resident = read_cost(os.getpid()).resident_mb
                report.add(f"{NAME}/memory/{name}", resident, "MB", seq)
                await journal.close()
            started = time.perf_counter()
            await filling.finish(projector)
            report.add(f"{NAME}/indexes", time.perf_counter() - started, "s", records)
            seconds += time.perf_counter() - started
            if records == RECORDS:
                report.add(f"{NAME}/duration", seconds, "s", records)
            report.add(f"{NAME}/rate", records / seconds, "records/s", records)
            pool.terminate()
