"""Measures what a decision waits for the disk, if nothing of its announcement is in memory.

Questions: how many reads of the image's file does a booking request make in the event loop, and
how long do they take? Method: fold a generated history into an image on disk and begin a fresh
image from it, so that no cache has anything. Then decide requests of new guests: all for one
announcement (hot), and each for another one (cold). The operating system still has the file in
its memory: a disk that has to be asked comes on top of it.

    python -m benchmarks.image.reads [--records 300000] [--live 5000]
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.generated.journal import generate_recent
from benchmarks.harness.report import Report
from command_api.domain.booking.commands import RequestBooking
from command_api.domain.decide import decide
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rules import DEFAULT_RULES
from command_api.domain.submission import Submission
from command_api.image.image import Image
from command_api.image.sqlite.store import SqliteStore
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import Commit, decode_record
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from runtime.journal.tail import Position
from runtime.process.garbage_collector import spare_long_lived_state

RECORDS: Final = 300_000
LIVE: Final = 5_000
RECORDS_A_CHECKPOINT: Final = 30_000
REQUESTS: Final = 2_000
FILTERS_LOOK_S: Final = 0.1


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--live", type=int, default=LIVE)
    options = parser.parse_args()
    report = Report("python -m benchmarks.image.reads")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "image.sqlite"
        open_ids = await write_image(path, options.records, options.live)
        chosen = open_ids[:REQUESTS]
        await measure(report, "hot", path, chosen[:1] * len(chosen))
        await measure(report, "cold", path, chosen)
    report.print()


async def write_image(path: Path, records: int, live: int) -> list[AnnouncementId]:
    """Write the image of a generated history. Return the announcements that are open in it."""
    store = SqliteStore(path)
    await store.open()
    image = Image(store)
    ids: dict[AnnouncementId, None] = {}
    for entry in generate_recent(records, live):
        record = decode_record(entry.payload)
        if not isinstance(record, Commit):
            continue
        image.fold(record)
        ids.update(dict.fromkeys(image.accepted.announcements.own))
        if record.seq % RECORDS_A_CHECKPOINT == 0:
            await write_checkpoint(store, image)
    await write_checkpoint(store, image)
    open_ids = [one for one in ids if is_open(image, one)]
    await store.close()
    return open_ids


async def write_checkpoint(store: SqliteStore, image: Image) -> None:
    changes = image.freeze(Position(image.seq - 1, ReaderState(seq=image.seq)))
    await store.write(changes, at_leisure=False)
    image.settle()


def is_open(image: Image, announcement_id: AnnouncementId) -> bool:
    found = image.accepted.announcements.get(announcement_id)
    return found is not None and found.takes_place and found.event_time > image.decided_at


async def measure(
    report: Report, name: str, path: Path, announcement_ids: Sequence[AnnouncementId]
) -> None:
    """Decide a request for each of the announcements, on an image that begins at the checkpoint."""
    reads: list[float] = []
    store = SqliteStore(path, reads.append)
    image = Image(store, await store.open())
    while not all(one.complete for one in store.filters.values()):
        await asyncio.sleep(FILTERS_LOOK_S)
    spare_long_lived_state()
    reads.clear()
    decisions = []
    for number, announcement_id in enumerate(announcement_ids):
        began_at = perf_counter()
        decide_request(image, number, announcement_id, image.decided_at)
        decisions.append(perf_counter() - began_at)
    await store.close()
    count = len(decisions)
    report.add(f"{name}/reads", len(reads) / count, "a request", count)
    for part, seconds in (("read", reads or [0.0]), ("decision", decisions)):
        for percent in (50, 99):
            at = sorted(seconds)[len(seconds) * percent // 100]
            report.add(f"{name}/{part}/p{percent}", 1e6 * at, "us", len(seconds))


def decide_request(
    image: Image, number: int, announcement_id: AnnouncementId, now: datetime
) -> None:
    """Look the key up and decide, as a leader does, and take over what the decision changes."""
    guest = PersonId(f"00000000-0000-4000-b000-{number:012x}")
    booking_id = BookingId(f"00000000-0000-4000-c000-{number:012x}")
    submission = Submission(
        id=booking_id,
        actor=guest,
        idempotency_key=booking_id,
        fingerprint="",
        command=RequestBooking(announcement_id=announcement_id, booking_id=booking_id),
        actor_facts=PersonFacts(guest, "Guest"),
    )
    image.keys.find(guest, booking_id, "")
    decision = decide(submission, image.accepted, now, DEFAULT_RULES, position=image.seq + 1)
    if decision.outcome.refused:
        raise ValueError(f"a request was refused: {decision.outcome.code}")
    image.accepted.absorb(decision.layer)


if __name__ == "__main__":
    asyncio.run(main())
