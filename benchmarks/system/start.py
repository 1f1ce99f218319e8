"""Measures how soon a whole embedded system works again on a long journal.

Questions: how long does `practix run` take on a journal of a million records until it is ready,
how much memory does it need, and how long do its first write and its first read take? Method:
generate a history that ends about now and write it as the journal of a new data directory.
Start the system twice: with the journal alone, so that everything is folded and every table is
filled, and again after `kill -9`. Memory is that of all processes of the system, in which what
they share counts once (PSS). The image's checkpoint is awaited before the kill.

    python -m benchmarks.system.start [--records 1000000] [--live 5000] [--data DIRECTORY]

With `--data` the directory is kept, and a journal in it is used as it is.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.generated.history import find_begin
from benchmarks.generated.journal import generate_entries, write_journal
from benchmarks.generated.lawful import RECORDS_EACH, LawfulHistory
from benchmarks.harness.processes import list_children, read_memory
from benchmarks.harness.report import Report
from launcher.servers.process import free_port
from runtime.journal.port import JournalEntry

RECORDS: Final = 1_000_000
LIVE: Final = 5_000
SETTLED_S: Final = 40.0
"""Longer than the time between two checkpoints."""
END_S_MAX: Final = 60.0
days_ahead: Final = count(1)
"""A day of its own for each announcement: nobody may be at two at once."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--live", type=int, default=LIVE)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    report = Report("python -m benchmarks.system.start")
    with tempfile.TemporaryDirectory() as scratch:
        data = options.data or Path(scratch)
        if not (data / "journal.sqlite").exists():
            data.mkdir(parents=True, exist_ok=True)
            write_journal(data / "journal.sqlite", generate(options.records, options.live))
        for name in ("journal_alone", "after_kill"):
            measure_start(report, name, options.records, data)
    report.print()


def generate(records: int, live: int) -> Iterator[JournalEntry]:
    """Return so many entries of a lawful history that ends a little before now."""
    begin = find_begin(datetime.now(UTC), records, live, RECORDS_EACH)
    return islice(generate_entries(LawfulHistory(live, begin=begin).commits_by_time()), records)


def measure_start(report: Report, name: str, records: int, data: Path) -> None:
    """Measure one start, and kill the system."""
    began_at = time.perf_counter()
    with start_system(data) as started:
        report.add(f"{name}/ready", time.perf_counter() - began_at, "s", records)
        report.add(f"{name}/memory", read_memory(started.process.pid), "MB", records)
        report.add(f"{name}/first_write", 1_000 * time_write(started), "ms", records)
        report.add(f"{name}/first_read", 1_000 * time_read(started), "ms", records)
        report.add(f"{name}/second_write", 1_000 * time_write(started), "ms", records)
        report.add(f"{name}/second_read", 1_000 * time_read(started), "ms", records)
        time.sleep(SETTLED_S)
        report.add(f"{name}/memory_later", read_memory(started.process.pid), "MB", records)


class Started(NamedTuple):
    process: "subprocess.Popen[bytes]"
    welcome: dict[str, Any]
    """The line that `practix run --json` has printed (`launcher.profiles.welcome`)."""


@contextmanager
def start_system(data: Path, **settings: str) -> Iterator[Started]:
    """Start a system, wait until it is ready, and kill it in the end."""
    process = subprocess.Popen(
        [Path(sys.executable).with_name("practix"), "run", "--json"],
        env={**os.environ, "PRACTIX_DATA": str(data), "PORT": str(free_port()), **settings},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield Started(process, json.loads(process.stdout.readline()))
    finally:
        children = list_children(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for_end(children)


def time_write(started: Started) -> float:
    """Return the seconds that a new announcement takes."""
    welcome = started.welcome
    body = {
        "title": "Together",
        "description": "",
        "sub_only": False,
        "is_free": True,
        "ticket_count": 4,
        "event_time": (datetime.now(UTC) + timedelta(days=next(days_ahead))).isoformat(),
        "event_location": "Here",
    }
    return time_request(started, "POST", f"/api/v1/announcement/{welcome['film_id']}", body)


def time_read(started: Started) -> float:
    """Return the seconds that the first page of announcements takes."""
    return time_request(started, "GET", "/api/v1/announcements?status=Alive")


def time_request(
    started: Started, method: str, path: str, body: dict[str, Any] | None = None
) -> float:
    request = urllib.request.Request(
        started.welcome["url"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {started.welcome['tokens']['anna']}",
            "Content-Type": "application/json",
        },
    )
    began_at = time.perf_counter()
    with urllib.request.urlopen(request) as answer:
        answer.read()
    return time.perf_counter() - began_at


def wait_for_end(pids: list[int]) -> None:
    """Wait until none of the processes is there any more: they use the data directory."""
    give_up_at = time.perf_counter() + END_S_MAX
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.perf_counter() > give_up_at:
            raise TimeoutError(f"processes {pids} outlive the system")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
