"""Waits until something holds, for as long as a busy machine may need."""

import asyncio
from collections.abc import Callable
from typing import Final

WITHIN_S: Final = 60.0
POLL_S: Final = 0.005


async def eventually(holds: Callable[[], bool]) -> None:
    """Return once `holds` does. Raises TimeoutError after WITHIN_S."""
    async with asyncio.timeout(WITHIN_S):
        while not holds():
            await asyncio.sleep(POLL_S)
