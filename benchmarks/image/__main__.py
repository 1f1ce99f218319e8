"""Measures what it costs a command process to know a long history.

Questions: how many records a second are folded into the image (`benchmarks.image.folding`)? How
soon is a process ready after `kill -9`, and how much memory does it need? Method: generate a
history, with its announcements in the order of their times, and fold it. Then start a command
process, without HTTP, on a SQLite journal of the history: without an image file, with an empty
one, and again after it was killed. Compare the ratios, not the figures: they are of one run.

    python -m benchmarks.image [--records 100000] [--live 5000] [--journal-records 300000]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.generated.journal import generate_recent, write_journal
from benchmarks.harness.report import Report
from benchmarks.image.folding import LIVE, RECORDS, measure_folding

JOURNAL_RECORDS: Final = 300_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--live", type=int, default=LIVE)
    parser.add_argument("--journal-records", type=int, default=JOURNAL_RECORDS)
    options = parser.parse_args()
    report = Report("python -m benchmarks.image")
    measure_folding(report, options.records, options.live)
    with tempfile.TemporaryDirectory() as scratch:
        measure_starts(report, options.journal_records, options.live, Path(scratch))
    report.print()


def measure_starts(report: Report, records: int, live: int, scratch: Path) -> None:
    """Measure a process from its start until it leads."""
    journal, image = scratch / "journal.sqlite", scratch / "image.sqlite"
    write_journal(journal, generate_recent(records, live))
    for name, arguments in (
        ("in_memory", [journal]),
        ("empty_file", [journal, image]),
        ("after_kill", [journal, image]),
    ):
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.image.process", *map(str, arguments)],
            stdout=subprocess.PIPE,
        )
        ready = read_line(process)
        seconds = time.perf_counter() - started
        baseline = "start/in_memory" if name != "in_memory" else None
        report.add(f"start/{name}/ready", seconds, "s", records, baseline and f"{baseline}/ready")
        report.add(
            f"start/{name}/memory", ready["VmRSS"], "MB", records, baseline and f"{baseline}/memory"
        )
        if name == "empty_file":
            read_line(process)  # Once the checkpoint is written.
        process.kill()
        process.wait()


def read_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return what the process says next."""
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return said


if __name__ == "__main__":
    main()
