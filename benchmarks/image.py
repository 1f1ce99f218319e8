"""Measures what it costs a command process to know a long history.

Question: how many records a second are read and folded into the image, and what limits it?
Method: generate a history, with its announcements in the order of their times, and take its
records through the steps of reading one after another. Compare the ratios, not the figures:
they are of one run, in CPU time of one process.

    python -m benchmarks.image [--records 100000] [--live 5000]
"""

import argparse
import gc
import time
from collections.abc import Callable
from itertools import islice
from typing import Final, TypeVar

from benchmarks.generated.history import GeneratedHistory
from benchmarks.generated.journal import generate_entries
from benchmarks.report import Report
from command_api.image.image import Image
from contracts.events.codec import decode_events
from contracts.journal.records import Commit, decode_record, hash_record
from runtime.process.garbage_collector import spare_long_lived_state

RECORDS: Final = 100_000
LIVE: Final = 5_000
RECORDS_A_PERSON: Final = 20

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--live", type=int, default=LIVE)
    options = parser.parse_args()
    report = Report("python -m benchmarks.image")
    measure_folding(report, options.records, options.live)
    report.print()


def measure_folding(report: Report, records: int, live: int) -> None:
    """Measure each step from the bytes of a record to the image, alone."""
    history = GeneratedHistory(people=records // RECORDS_A_PERSON)
    entries = generate_entries(history.commits_by_time(live))
    payloads = [entry.payload for entry in islice(entries, records)]
    spare_long_lived_state()

    def measure(step: str, work: Callable[[], T], baseline: str | None = None) -> T:
        gc.collect()
        gc.freeze()
        started = time.process_time()
        result = work()
        seconds = time.process_time() - started
        report.add(f"fold/{step}", records / seconds, "records/s", records, baseline)
        return result

    measure("hash", lambda: [hash_record(one) for one in payloads])
    decoded = measure("decode", lambda: [decode_record(one) for one in payloads])
    commits = [one for one in decoded if isinstance(one, Commit)]
    measure("events", lambda: [decode_events(one.events) for one in commits])
    measure("image", lambda: fold(commits), baseline="fold/decode")


def fold(commits: list[Commit]) -> Image:
    """Return the image of the commits."""
    image = Image()
    for commit in commits:
        image.fold(commit)
    return image


if __name__ == "__main__":
    main()
