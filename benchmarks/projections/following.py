"""Lets a reader follow a journal to its end, and times it."""

import time
from typing import Any, Final

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
