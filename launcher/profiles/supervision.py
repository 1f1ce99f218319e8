"""Restarts servers and processes of the launcher that end by themselves.

It gives up on one that keeps ending: a person must hear the reason.
"""

import asyncio
import logging
from collections import deque
from typing import Final, NamedTuple, NoReturn, Protocol

from contracts.values.describing import describe_error
from launcher.servers.process import ServerError, ServerFailed

log = logging.getLogger(__name__)

LOOK_S: Final = 0.25


class Supervised(Protocol):
    """A server or the process of a service."""

    @property
    def name(self) -> str: ...

    @property
    def running(self) -> bool: ...

    async def start(self) -> None:
        """Raises ServerError."""

    def describe_end(self) -> str: ...


class Patience(NamedTuple):
    restarts_max: int = 5
    within_s: float = 300.0
    """Time in which `restarts_max` restarts are allowed."""
    pause_s: float = 0.5
    """Wait before the second restart. Doubles with each further restart."""


async def keep_up(part: Supervised, patience: Patience = Patience()) -> NoReturn:  # noqa: B008
    """Start `part` again whenever it has ended.

    Raises ServerFailed once it has ended more often than `patience` allows.
    """
    loop = asyncio.get_running_loop()
    ends: deque[float] = deque()
    while True:
        await asyncio.sleep(LOOK_S)
        if part.running:
            continue
        now = loop.time()
        while ends and ends[0] < now - patience.within_s:
            ends.popleft()
        ends.append(now)
        if len(ends) > patience.restarts_max:
            raise ServerFailed(
                f"{part.name} ended {len(ends)} times in {patience.within_s:g} s: "
                f"{part.describe_end()}"
            )
        await _start_again(part, len(ends), patience)


async def _start_again(part: Supervised, attempt: int, patience: Patience) -> None:
    why = part.describe_end()
    log.warning(
        "%s ended: %s; starting it again (%s of %s)", part.name, why, attempt, patience.restarts_max
    )
    if attempt > 1:
        await asyncio.sleep(patience.pause_s * 2 ** (attempt - 2))
    try:
        await part.start()
    except ServerError as error:
        log.warning("%s did not start: %s", part.name, describe_error(error))
