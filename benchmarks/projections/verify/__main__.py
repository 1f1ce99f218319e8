"""Measures what it costs to verify a long history.

Questions: how many records a second does verify take, with every row compared, and does its
memory stay the same? What is saved by going on from a checkpoint? Method: generate a journal,
project it into a real PostgreSQL, and run verify in a process of its own, first from zero and
then from the checkpoint that the first kept. The tables are made once for each size and stay in
the directory of `--data`, if it is given.

    python -m benchmarks.projections.verify [--records N] [--live N] [--data DIRECTORY] [--profile]
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.generated.journal import generate_entries, write_journal
from benchmarks.generated.lawful import LawfulHistory
from benchmarks.harness.report import Report
from launcher.servers.postgres import PostgresServer
from projector.read_models.postgres.sink import PostgresSink
from projector.read_models.projector import Projector
from runtime.journal.sqlite import SqliteJournal
from runtime.postgres.migrations import migrate
from runtime.postgres.pools import open_pool
from runtime.process.tasks import end, start_for

RECORDS: Final = 100_000
LIVE: Final = 5_000
POLL_S: Final = 0.2
JOURNAL: Final = "journal.sqlite"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--live", type=int, default=LIVE)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    report = Report("python -m benchmarks.projections.verify")
    with tempfile.TemporaryDirectory() as scratch:
        data = (options.data or Path(scratch)) / str(options.records)
        data.mkdir(parents=True, exist_ok=True)
        asyncio.run(measure(report, options.records, options.live, data, profile=options.profile))
    report.print()


async def measure(report: Report, records: int, live: int, data: Path, *, profile: bool) -> None:
    """Measure verify of a journal with so many records, from zero and from its checkpoint."""
    journal = data / JOURNAL
    if not journal.exists():
        history = LawfulHistory(live)
        write_journal(journal, islice(generate_entries(history.commits_by_time()), records))
    async with PostgresServer(data / "postgres") as postgres:
        await project(postgres.dsn, journal, records)
        for name, start in (("from_zero", "0"), ("from_checkpoint", str(records))):
            result = await asyncio.to_thread(
                run_verify, data, postgres.dsn, start, *(["--profile"] if profile else [])
            )
            assert result["ok"], result
            report.add(f"verify/{name}/duration", result["seconds"], "s", records)
            report.add(f"verify/{name}/processor", result["cpu_s"], "s", records)
            report.add(f"verify/{name}/rate", records / result["seconds"], "records/s", records)
            report.add(f"verify/{name}/memory", result["VmHWM"], "MB", records)


async def project(dsn: str, path: Path, records: int) -> None:
    """Let a projector follow the journal to its end."""
    pool = await open_pool(dsn)
    await migrate(pool)
    journal = SqliteJournal(path)
    projector = Projector(journal, PostgresSink(pool))
    following = start_for(projector.run(), "projector")
    while projector.position.state.seq < records and not following.done():
        await asyncio.sleep(POLL_S)
    await end(following)
    await pool.execute("VACUUM ANALYZE", timeout=None)
    await journal.close()
    await pool.close()


def run_verify(data: Path, dsn: str, start: str, *more: str) -> dict[str, Any]:
    """Run verify in a process of its own. Returns its result."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.projections.verify.process",
        str(data),
        dsn,
        start,
        *more,
    ]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    main()
