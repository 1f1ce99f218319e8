"""A bounded cache of answers in front of a slow question.

Those who ask for the same key at the same time share one question. Failures are told to
all who wait, and are never remembered.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt

from runtime.tasks import start_for

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CacheSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    ttl_s: NonNegativeFloat
    """How long an answer holds; 0 asks every time."""
    absent_ttl_s: NonNegativeFloat = 2.0
    """How long "there is none" holds: shorter, because what is missing may come."""
    entries_max: PositiveInt = 10_000


class _Held(NamedTuple, Generic[V]):
    answer: V
    until: float


class Lookup(Generic[K, V]):
    """Answers of `ask` by key. Belongs to one event loop."""

    def __init__(
        self,
        ask: Callable[[K], Awaitable[V]],
        settings: CacheSettings,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._ask = ask
        self._settings = settings
        self._clock = clock
        self._held: dict[K, _Held[V]] = {}
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """The answer for `key`, at most its time to live old. Raises what `ask` raises."""
        held = self._held.get(key)
        if held is not None and held.until > self._clock():
            return held.answer
        task = self._asking.get(key)
        if task is None:
            task = start_for(self._fetch(key), "lookup")
            self._asking[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        # Shielded: one who gives up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _fetch(self, key: K) -> V:
        return await self._ask(key)

    def _finish(self, key: K, task: asyncio.Task[V]) -> None:
        del self._asking[key]
        # Reading the exception also marks it as seen where nobody waits any more.
        if not task.cancelled() and task.exception() is None:
            self._hold(key, task.result())

    def _hold(self, key: K, answer: V) -> None:
        ttl_s = self._settings.absent_ttl_s if answer is None else self._settings.ttl_s
        ttl_s = min(ttl_s, self._settings.ttl_s)
        if ttl_s == 0:
            return
        self._held.pop(key, None)
        if len(self._held) >= self._settings.entries_max:
            del self._held[next(iter(self._held))]  # The oldest.
        self._held[key] = _Held(answer, self._clock() + ttl_s)
