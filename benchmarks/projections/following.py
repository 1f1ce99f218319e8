"""Lets a reader follow a journal to its end, and cuts Commits into the batches that it makes."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from contracts.journal.records import Commit
from runtime.following.reader import JournalReader
from runtime.process.tasks import end, start_for

LOOK_S: Final = 1.0


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
