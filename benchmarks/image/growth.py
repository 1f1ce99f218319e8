"""Measures what a very long history costs a command process, and whether its memory grows.

Questions: how soon does a process know ten million records again after `kill -9`, how much memory
does it need, and does it need more after a further million? Method: write a generated journal
and let a process follow it (this one holds the journal's lock, so nobody leads and the chain
stays the generated one). Kill it once all is on disk, start it again, and then append more.
Memory is read once everything is on disk and nothing moves any more.

    python -m benchmarks.image.growth [--records 10000000] [--more 1000000] [--live 5000]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.generated.journal import ENTRIES_AT_ONCE, generate_recent, write_journal
from benchmarks.harness.report import Report
from benchmarks.image.process import read_memory
from runtime.journal import sqlite_file
from runtime.process.file_lock import FileLock

RECORDS: Final = 10_000_000
MORE: Final = 1_000_000
LIVE: Final = 5_000
SETTLED_S: Final = 60.0
"""Longer than the time between two checkpoints."""


class Follower:
    """A command process that follows the journal and says how far it is."""

    def __init__(self, journal: Path, image: Path) -> None:
        self.began_at = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.image.process", str(journal), str(image)]
        self.process = subprocess.Popen([*command, "follow"], stdout=subprocess.PIPE)
        self._said: dict[str, Any] = {"position": 0, "written": 0}

    def reach(self, field: str, position: int) -> dict[str, Any]:
        """Return what it says once `field` is at least `position`, with the seconds since its
        start. It says something only when it has changed."""
        assert self.process.stdout is not None
        while self._said[field] < position:
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("the process ended")
            self._said = json.loads(line)
        return {**self._said, "seconds": time.perf_counter() - self.began_at}

    def settle(self, position: int) -> float:
        """Return the resident memory a minute after everything up to `position` is on disk."""
        self.reach("written", position)
        time.sleep(SETTLED_S)
        return read_memory(self.process.pid)["VmRSS"]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--more", type=int, default=MORE)
    parser.add_argument("--live", type=int, default=LIVE)
    options = parser.parse_args()
    report = Report("python -m benchmarks.image.growth")
    with tempfile.TemporaryDirectory() as scratch:
        measure(report, options.records, options.more, options.live, Path(scratch))
    report.print()


def measure(report: Report, records: int, more: int, live: int, scratch: Path) -> None:
    journal, image = scratch / "journal.sqlite", scratch / "image.sqlite"
    entries = generate_recent(records + more, live)
    write_journal(journal, islice(entries, records))
    lock = FileLock(journal.with_name(journal.name + ".lock"))
    lock.acquire()
    first = Follower(journal, image)
    read = first.reach("position", records)
    report.add("folded/ready", read["seconds"], "s", records)
    report.add("folded/memory_at_most", read["VmHWM"], "MB", records)
    first.reach("written", records)
    report.add("folded/file", image.stat().st_size / 1e6, "MB", records)
    first.kill()
    again = Follower(journal, image)
    ready = again.reach("position", records)
    report.add("after_kill/ready", ready["seconds"], "s", records)
    report.add("after_kill/memory", ready["VmRSS"], "MB", records)
    report.add("after_kill/memory_later", again.settle(records), "MB", records)
    connection = sqlite_file.open_for_writing(journal)
    while part := list(islice(entries, ENTRIES_AT_ONCE)):
        sqlite_file.commit(connection, part)
    connection.close()
    grown = again.reach("position", records + more)
    report.add("grown/memory_at_most", grown["VmHWM"], "MB", records + more)
    report.add("grown/memory", again.settle(records + more), "MB", records + more)
    again.kill()
    last = Follower(journal, image)
    ready = last.reach("position", records + more)
    report.add("grown_after_kill/ready", ready["seconds"], "s", records + more)
    report.add("grown_after_kill/memory", ready["VmRSS"], "MB", records + more)
    last.kill()


if __name__ == "__main__":
    main()
