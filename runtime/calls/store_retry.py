"""Repeats an attempt until a store answers.

A reader of the journal has nothing else to do while its store is unavailable.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from contracts.values.describing import describe_error

log = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_S_MIN: Final = 0.1
PAUSE_S_MAX: Final = 5.0


class StoreRetry:
    """Retries one store's attempts, and knows whether the store answers."""

    def __init__(self, store: str, away: type[Exception]) -> None:
        """`store` names it in the log. `away` is the error that an attempt raises if the
        store is unavailable; after it, the same attempt must be safe to repeat."""
        self.store = store
        self._away = away
        self.available = False
        """Whether the store answered the last attempt."""
        self.reason: str | None = None
        """Why it did not, as a code, if the store's error has one."""

    def readiness(self, name: str) -> dict[str, Any]:
        """Return the entries of /readyz: whether the store answers, under `name`, and the reason
        if it does not."""
        if self.available or self.reason is None:
            return {name: self.available}
        return {name: False, f"{name}_away": self.reason}

    async def attempt_until_available(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Attempt until the store answers, however long that takes. Returns the attempt's
        result; re-raises any error other than `away`."""
        pause_s = PAUSE_S_MIN
        while True:
            try:
                result = await attempt()
            except self._away as error:
                self._note(error, first=pause_s == PAUSE_S_MIN)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)
            else:
                self.available, self.reason = True, None
                return result

    def _note(self, error: Exception, *, first: bool) -> None:
        reason = getattr(error, "reason", None)
        if self.available or first or reason != self.reason:
            log.warning("%s unavailable: %s", self.store, describe_error(error))
        self.available, self.reason = False, reason
