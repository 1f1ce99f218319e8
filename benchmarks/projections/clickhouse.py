"""Measures how fast the history follows the journal into ClickHouse.

Method: generate a journal with 5,000 live announcements, and let a reader of the history follow it
from the first record to the last over a real ClickHouse server (Debian's 18.16). The baseline is
the bare driver, which inserts the very same columns, built beforehand, in blocks of the same size
into the same tables of another database. `clickhouse_from_records` is the same driver together
with building the columns, one after the other, from records that were read beforehand. `cpu` is
the processor time of this process.
"""

import tempfile
import time
from pathlib import Path
from typing import Final

from clickhouse_driver import Client

from benchmarks.harness.report import Report
from benchmarks.projections.following import (
    cut_into_batches,
    follow_to_end,
    generate_commits,
    write_generated,
)
from launcher.servers.clickhouse import ClickHouseServer, install_clickhouse
from projector.history.block import block_of
from projector.history.reader import HISTORY_LIMITS, HistoryReader
from runtime.clickhouse.migrations import migrate
from runtime.clickhouse.port import Columns
from runtime.clickhouse.server import ServerAnalytics, in_database
from runtime.journal.sqlite import SqliteJournal
from runtime.process.garbage_collector import collect_rarely

QUESTION: Final = "how many rows a second does the projector write to ClickHouse?"
RECORDS: Final = 200_000
RAW: Final = "projections/raw_driver"
FROM_RECORDS: Final = "projections/clickhouse_from_records"
OURS: Final = "projections/clickhouse"


class _Watch:
    """Adds up the time that passes in its blocks, and this process's processor time."""

    def __init__(self) -> None:
        self.seconds = self.cpu_s = 0.0

    def __enter__(self) -> None:
        self.seconds -= time.perf_counter()
        self.cpu_s -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.cpu_s += time.process_time()


async def main(report: Report) -> None:
    collect_rarely()
    await install_clickhouse()
    records = report.scale(RECORDS)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "journal.sqlite"
        write_generated(path, records)
        async with ClickHouseServer(Path(scratch) / "clickhouse") as server:
            rows = await _measure_raw(report, in_database(server.dsn, "raw"), records)
            await _measure_history(report, server.dsn, path, records, rows)


async def _measure_raw(report: Report, dsn: str, records: int) -> int:
    """Measure the bare driver. Returns how many rows there are."""
    await _make_tables(dsn)
    client = Client.from_url(dsn)
    rows, inserting, both = 0, _Watch(), _Watch()
    for part in cut_into_batches(generate_commits(records), HISTORY_LIMITS.events_max):
        with both:
            tables = {name: found.columns for name, found in block_of(part).tables.items()}
            with inserting:
                rows += sum(_insert(client, table, columns) for table, columns in tables.items())
    client.disconnect()
    report.add(f"{RAW}/rate", rows / inserting.seconds, "rows/s", rows)
    report.add(f"{RAW}/cpu", 1e6 * inserting.cpu_s / rows, "us", rows)
    report.add(f"{FROM_RECORDS}/rate", rows / both.seconds, "rows/s", rows, f"{RAW}/rate")
    report.add(f"{FROM_RECORDS}/cpu", 1e6 * both.cpu_s / rows, "us", rows, f"{RAW}/cpu")
    return rows


def _insert(client: Client, table: str, columns: Columns) -> int:
    values = list(columns.values())
    if values[0]:
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
        client.execute(statement, values, columnar=True)
    return len(values[0])


async def _make_tables(dsn: str) -> None:
    analytics = ServerAnalytics(dsn)
    await analytics.create_database()
    await migrate(analytics)
    await analytics.close()


async def _measure_history(report: Report, dsn: str, path: Path, records: int, rows: int) -> None:
    await _make_tables(dsn)
    analytics, journal = ServerAnalytics(dsn), SqliteJournal(path)
    cpu = time.process_time()
    seconds = await follow_to_end(HistoryReader(journal, analytics), records)
    report.add(f"{OURS}/rate", rows / seconds, "rows/s", rows, f"{RAW}/rate")
    report.add(f"{OURS}/cpu", 1e6 * (time.process_time() - cpu) / rows, "us", rows, f"{RAW}/cpu")
    await journal.close()
    await analytics.close()
