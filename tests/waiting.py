"""Waits until something holds, for as long as a busy machine may need."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol, TypeVar

WITHIN_S: Final = 120.0
"""No promise of ours: a machine that is slow and busy is no fault of what is tested."""
POLL_S: Final = 0.005
BEHIND: Final = 504
"""Status of a read whose tables are not yet where `min_position` asks for."""


class HasStatus(Protocol):
    """What comes back from a request."""

    @property
    def status(self) -> int: ...


A = TypeVar("A", bound=HasStatus)


async def eventually(holds: Callable[[], bool]) -> None:
    """Return once `holds` does. Raises TimeoutError after WITHIN_S."""
    async with asyncio.timeout(WITHIN_S):
        while not holds():
            await asyncio.sleep(POLL_S)


async def within(seconds: float = WITHIN_S) -> AsyncIterator[None]:
    """Yield again and again, for a loop that looks and breaks. Raises TimeoutError when the time
    is over, but lets a look end first."""
    now = asyncio.get_running_loop().time
    give_up_at = now() + seconds
    while now() < give_up_at:
        yield
        await asyncio.sleep(POLL_S)
    raise TimeoutError


async def until_caught_up(ask: Callable[[], Awaitable[A]]) -> A:
    """Ask until the tables are where the read asks for. Return that answer. Raises TimeoutError
    after WITHIN_S."""
    async for _ in within():
        answer = await ask()
        if answer.status != BEHIND:
            break
    return answer
