"""Append and read-back alone: the cost of a journal without HTTP and decisions.

Each of n clients appends a 600-byte entry and waits until a cursor of this process has
read it back, then appends the next.
"""

import asyncio
import time
from typing import Final

from benchmarks.harness.load import Figures, summarize
from runtime.journal.port import Journal

ENTRY_BYTES: Final = 600


async def measure_append(journal: Journal, clients: int, appends: int) -> Figures:
    """Return the figures of so many appends by so many clients, after a warm-up."""
    await _run(journal, clients, clients * 10)
    return await _run(journal, clients, appends)


async def _run(journal: Journal, clients: int, appends: int) -> Figures:
    writer = await journal.open_writer()
    cursor = await journal.open_cursor(await journal.end())
    waiting: dict[bytes, asyncio.Future[None]] = {}
    latencies: list[float] = []
    numbers = iter(range(appends))

    async def client() -> None:
        for number in numbers:
            payload = str(number).encode().ljust(ENTRY_BYTES)
            waiting[payload] = asyncio.get_running_loop().create_future()
            sent_at = time.perf_counter()
            await asyncio.gather(writer.append(payload), waiting[payload])
            latencies.append(time.perf_counter() - sent_at)

    async def read_back() -> None:
        seen = 0
        while seen < appends:
            for entry in await cursor.fetch(1.0):
                if (future := waiting.pop(entry.payload, None)) is not None:
                    future.set_result(None)
                    seen += 1

    started = time.perf_counter()
    await asyncio.gather(read_back(), *(client() for _ in range(clients)))
    seconds = time.perf_counter() - started
    await cursor.close()
    await writer.close()
    return summarize(latencies, seconds, {})
