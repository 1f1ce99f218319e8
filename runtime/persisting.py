"""Trying until a store answers: what a reader of the journal does, who has nothing else to do."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_S_MIN: Final = 0.1
PAUSE_S_MAX: Final = 5.0


class Persistence:
    """Calls `until_it_answers`; the store may be away for as long as it likes.

    `away` is what an attempt raises then: it must be harmless to attempt the same again.
    """

    def __init__(self, store: str, away: type[Exception]) -> None:
        self._store = store
        self._away = away
        self.available = False
        """Whether the last attempt was answered."""

    async def until_it_answers(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What `attempt` returns, or raises that is not `away`."""
        pause_s = PAUSE_S_MIN
        while True:
            try:
                result = await attempt()
            except self._away as error:
                self._note(error, first=pause_s == PAUSE_S_MIN)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)
            else:
                self.available = True
                return result

    def _note(self, error: Exception, *, first: bool) -> None:
        if self.available or first:
            log.warning("store unavailable", extra={"store": self._store, "reason": str(error)})
        self.available = False
