"""Generates journals, lets a reader follow one to its end, and cuts Commits into its batches."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.generated.journal import generate_entries, write_journal
from benchmarks.generated.lawful import LawfulHistory
from contracts.journal.records import Commit
from runtime.following.reader import JournalReader
from runtime.process.tasks import end, start_for

LIVE: Final = 5_000
"""The number of announcements that are open at a time."""
LOOK_S: Final = 1.0


def generate_commits(records: int) -> Iterator[Commit]:
    """Yield the Commits of a journal of so many records; its first one is a Claim."""
    return islice(LawfulHistory(LIVE).commits_by_time(), records - 1)


def write_generated(path: Path, records: int) -> None:
    """Write a new journal of so many records."""
    write_journal(path, generate_entries(generate_commits(records)))


async def follow_to_end(reader: JournalReader[Any], seq: int) -> float:
    """Run the reader until its store is at `seq`. Returns the seconds that it took."""
    started = time.perf_counter()
    following = start_for(reader.run(), "reader")
    while not await reader.reach(seq, LOOK_S):
        if following.done():
            following.result()
    seconds = time.perf_counter() - started
    await end(following)
    return seconds


def cut_into_batches(commits: Iterable[Commit], events_max: int) -> Iterator[list[Commit]]:
    """Yield the Commits in full batches, as a reader cuts them that is far behind."""
    batch: list[Commit] = []
    events = 0
    for commit in commits:
        batch.append(commit)
        events += max(len(commit.events), 1)
        if events >= events_max:
            yield batch
            batch, events = [], 0
    if batch:
        yield batch
