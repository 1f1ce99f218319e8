"""Measures how fast the history follows the journal into ClickHouse.

Method: generate a journal with 5,000 live announcements, and let a reader of the history follow it
from the first record to the last over a real ClickHouse server (Debian's 18.16). The baseline is
the bare driver, which inserts the very same columns, built beforehand, in blocks of the same size
into the same tables of another database. `cpu` is the processor time of the reader's process.
"""

import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from clickhouse_driver import Client

from benchmarks.generated.journal import generate_entries, write_journal
from benchmarks.generated.lawful import LawfulHistory
from benchmarks.harness.report import Report
from benchmarks.projections.following import cut_into_batches, follow_to_end
from contracts.journal.records import Commit
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
LIVE: Final = 5_000
RAW: Final = "projections/raw_driver"
OURS: Final = "projections/clickhouse"


async def main(report: Report) -> None:
    collect_rarely()
    await install_clickhouse()
    records = report.scale(RECORDS)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "journal.sqlite"
        write_journal(path, generate_entries(_commits(records - 1)))
        async with ClickHouseServer(Path(scratch) / "clickhouse") as server:
            rows = await _measure_raw(report, in_database(server.dsn, "raw"), records)
            await _measure_history(report, server.dsn, path, records, rows)


def _commits(records: int) -> Iterator[Commit]:
    return islice(LawfulHistory(LIVE).commits_by_time(), records)


async def _measure_raw(report: Report, dsn: str, records: int) -> int:
    """Returns how many rows there are."""
    await _make_tables(dsn)
    client = Client.from_url(dsn)
    rows, seconds, cpu = 0, 0.0, 0.0
    for tables in _build_blocks(records):
        started, before = time.perf_counter(), time.process_time()
        for table, columns in tables.items():
            rows += _insert(client, table, columns)
        seconds += time.perf_counter() - started
        cpu += time.process_time() - before
    client.disconnect()
    report.add(f"{RAW}/rate", rows / seconds, "rows/s", rows)
    report.add(f"{RAW}/cpu", 1e6 * cpu / rows, "us", rows)
    return rows


def _build_blocks(records: int) -> Iterator[dict[str, Columns]]:
    for part in cut_into_batches(_commits(records - 1), HISTORY_LIMITS.events_max):
        yield {name: rows.columns for name, rows in block_of(part).tables.items()}


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
