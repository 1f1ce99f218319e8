"""Appends numbered entries and prints each number once it is acknowledged, until killed."""

import asyncio
import sys
from collections import deque
from pathlib import Path

from runtime.journal.sqlite import SqliteJournal

IN_FLIGHT = 64


async def append_for_ever(path: Path) -> None:
    writer = await SqliteJournal(path).open_writer()
    pending = deque(writer.append(str(number).encode()) for number in range(IN_FLIGHT))
    number = IN_FLIGHT
    while True:
        place = await pending.popleft()
        print(place.offset, flush=True)
        pending.append(writer.append(str(number).encode()))
        number += 1


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1])))
