"""Draws cards in a thread, one after another, so that the event loop goes on meanwhile."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from contracts.errors import Unavailable
from query_api.sharing.card import draw_card
from query_api.sharing.preview import Preview

WAITING_MAX: Final = 32
"""Cards that are being drawn or wait for it: about a second of work."""


class DrawingBoard:
    """One per process. Close it once nobody draws any more."""

    def __init__(self, waiting_max: int = WAITING_MAX) -> None:
        # Only one thread: fonts are shared, and FreeType's are not safe to use from two.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="cards")
        self._waiting_max = waiting_max
        self._waiting = 0

    async def draw(self, preview: Preview) -> bytes:
        """Return the card as a PNG file. Raises Unavailable if too many wait for theirs."""
        if self._waiting >= self._waiting_max:
            raise Unavailable
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, draw_card, preview)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
