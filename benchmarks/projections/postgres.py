"""Measures how fast the read models follow the journal into PostgreSQL.

Method: generate a journal with 5,000 live announcements, and let a projector follow it from the
first record to the last over a real PostgreSQL. `postgres` is what a projector with empty tables
does: it sets indexes aside and makes them again, which counts. `postgres_with_indexes` keeps all
indexes up, as one does that catches up. The baseline writes the very same rows, merged in batches
of the same size, to the same tables in another database of the same server, with all indexes:
COPY to a temporary table, and one INSERT or UPDATE from it. Its rows are built beforehand, so it
is what PostgreSQL and the driver can do. Triggers are those of the migrations in all.
`cpu` is the processor time of the projector's process alone, `postgres` that of its connection.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.harness.processes import read_cost
from benchmarks.harness.report import Report
from benchmarks.projections.following import (
    cut_into_batches,
    follow_to_end,
    generate_commits,
    write_generated,
)
from contracts.journal.records import Commit
from launcher.servers.postgres import PostgresServer
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.postgres.filling import Filling
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.postgres.statements import RowGroup, group_rows
from projector.read_models.project import TABLES
from projector.read_models.projector import READ_MODEL_LIMITS, Projector
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import START
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import READ_MODEL, open_pool
from runtime.process.garbage_collector import collect_rarely

QUESTION: Final = "how many records a second does the projector write to PostgreSQL?"
RECORDS: Final = 200_000
RAW: Final = "projections/raw_copy_upsert"
OURS: Final = "projections/postgres"
WITH_INDEXES: Final = "projections/postgres_with_indexes"


async def main(report: Report) -> None:
    collect_rarely()
    records = report.scale(RECORDS)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "journal.sqlite"
        write_generated(path, records)
        async with PostgresServer(Path(scratch) / "postgres") as postgres:
            await _measure_raw(report, await _open_database(postgres, "raw"), records)
            for name in (OURS, WITH_INDEXES):
                dsn = await _open_database(postgres, name.replace("/", "_"))
                await _measure_projector(report, name, dsn, path, records)


async def _open_database(postgres: PostgresServer, name: str) -> str:
    """Make a database with our tables. Returns its address."""
    connection = await asyncpg.connect(postgres.dsn)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    dsn = postgres.dsn_of(name)
    pool = await open_pool(dsn)
    await migrate(pool)
    await pool.close()
    return dsn


async def _measure_projector(report: Report, name: str, dsn: str, path: Path, records: int) -> None:
    pool = await open_pool(dsn, size_max=1)
    pid = await pool.fetchval("SELECT pg_backend_pid()")
    journal = SqliteJournal(path)
    projector = Projector(journal, PostgresSink(pool))
    before, cpu = read_cost(pid).cpu_s, time.process_time()
    started = time.perf_counter()
    filling = Filling(pool, long_records_min=1 if name == OURS else records + 1)
    await filling.begin(START, journal)
    await follow_to_end(projector, records)
    await filling.finish(projector)
    seconds = time.perf_counter() - started
    report.add(f"{name}/rate", records / seconds, "records/s", records, f"{RAW}/rate")
    report.add(f"{name}/cpu", 1e6 * (time.process_time() - cpu) / records, "us", records)
    spent = 1e6 * (read_cost(pid).cpu_s - before) / records
    report.add(f"{name}/postgres", spent, "us", records, f"{RAW}/postgres")
    await journal.close()
    pool.terminate()


async def _measure_raw(report: Report, dsn: str, records: int) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": READ_MODEL})
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    seconds, before = 0.0, read_cost(pid).cpu_s
    for groups in _merge(generate_commits(records)):
        started = time.perf_counter()
        async with connection.transaction():
            await connection.execute("SET LOCAL synchronous_commit = off")
            for group in groups:
                await _copy_upsert(connection, group)
        seconds += time.perf_counter() - started
    report.add(f"{RAW}/rate", records / seconds, "records/s", records)
    spent = 1e6 * (read_cost(pid).cpu_s - before) / records
    report.add(f"{RAW}/postgres", spent, "us", records)
    await connection.close()


def _merge(commits: Iterable[Commit]) -> Iterator[list[RowGroup]]:
    """Yield batch after batch the rows that the projector would write."""
    intake = Intake()
    for part in cut_into_batches(commits, READ_MODEL_LIMITS.events_max):
        (rows,) = RowBatch(intake.take(part)).parts
        yield [group for one in TABLES for group in group_rows(one, rows.patches[one.name])]


async def _copy_upsert(connection: asyncpg.Connection, group: RowGroup) -> None:
    name, key, columns = group.table.name, group.table.key, ", ".join(group.columns)
    await connection.execute(
        f"CREATE TEMP TABLE new ON COMMIT DROP AS SELECT {columns} FROM {name} LIMIT 0"
    )
    await connection.copy_records_to_table(
        "new", columns=group.columns, records=zip(*group.values, strict=True)
    )
    if group.must_exist:
        values = ", ".join(f"{one} = new.{one}" for one in group.changed)
        await connection.execute(
            f"UPDATE {name} old SET {values} FROM new WHERE old.{key} = new.{key}"
        )
    else:
        values = ", ".join(f"{one} = excluded.{one}" for one in group.changed)
        await connection.execute(
            f"INSERT INTO {name} ({columns}) SELECT {columns} FROM new "
            f"ON CONFLICT ({key}) DO UPDATE SET {values}"
        )
    await connection.execute("DROP TABLE new")
