"""Measures each step from the bytes of a record to the image, alone, in processor time.

Method: generate a history with its announcements in the order of their times, and take its
records through the steps of reading one after another.
"""

import gc
import time
from collections.abc import Callable
from typing import Final, TypeVar

from benchmarks.generated.journal import generate_recent
from benchmarks.harness.report import Report
from command_api.image.image import Image
from contracts.events.stored.codec import decode_events
from contracts.journal.records import Commit, decode_record, hash_record
from runtime.process.garbage_collector import spare_long_lived_state

QUESTION: Final = "how many records a second are folded into the image?"
RECORDS: Final = 100_000
LIVE: Final = 5_000

T = TypeVar("T")


async def main(report: Report) -> None:
    measure_folding(report, report.scale(RECORDS), report.scale(LIVE))


def measure_folding(report: Report, records: int, live: int) -> None:
    """Measure each step from the bytes of a record to the image, alone."""
    payloads = [entry.payload for entry in generate_recent(records, live)]
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
