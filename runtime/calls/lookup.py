"""A bounded cache in front of a slow lookup.

Callers who ask for the same key at the same time share one lookup. If it fails, all of them
get the error; a failure is never cached.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt

from runtime.process.tasks import start_for

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CacheSettings(BaseModel):
    """How long and how many answers are kept."""

    model_config = ConfigDict(frozen=True)

    ttl_s: NonNegativeFloat
    """How long an answer is kept; with 0 every call asks."""
    absent_ttl_s: NonNegativeFloat = 2.0
    """How long None is kept. Shorter, because what is missing may appear."""
    entries_max: PositiveInt = 10_000


class _Kept(NamedTuple, Generic[V]):
    answer: V
    until: float
    weight: int


class Lookup(Generic[K, V]):
    """Caches the answers of `ask` by key. Belongs to one event loop."""

    def __init__(
        self,
        ask: Callable[[K], Awaitable[V]],
        settings: CacheSettings,
        clock: Callable[[], float] = monotonic,
        *,
        weigh: Callable[[V], int] = lambda _: 0,
        weight_max: int = 0,
    ) -> None:
        """`ask` returns None if there is nothing for a key. All kept answers together weigh at
        most `weight_max`, and an answer that alone weighs more is not kept."""
        self._ask = ask
        self._settings = settings
        self._clock = clock
        self._weigh = weigh
        self._weight_max = weight_max
        self._weight = 0
        # Answers of one kind are kept equally long, so the oldest expires first.
        self._present: OrderedDict[K, _Kept[V]] = OrderedDict()
        self._absent: OrderedDict[K, _Kept[V]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """Return the answer for `key`; a kept one is no older than the settings allow. Raises
        what `ask` raises."""
        kept = self._present.get(key) or self._absent.get(key)
        if kept is not None and kept.until > self._clock():
            return kept.answer
        task = self._asking.get(key)
        if task is None:
            task = start_for(self._fetch(key), "lookup")
            self._asking[key] = task
            task.add_done_callback(lambda done: self._finish(key, done))
        # Shielded: a caller who gives up must not take the answer from the others.
        return await asyncio.shield(task)

    async def _fetch(self, key: K) -> V:
        return await self._ask(key)

    def _finish(self, key: K, task: asyncio.Task[V]) -> None:
        del self._asking[key]
        # Reading the exception also marks it as seen, in case nobody waits any more.
        if not task.cancelled() and task.exception() is None:
            self._keep(key, task.result())

    def _keep(self, key: K, answer: V) -> None:
        kind, ttl_s = self._present, self._settings.ttl_s
        if answer is None:
            kind, ttl_s = self._absent, min(ttl_s, self._settings.absent_ttl_s)
        self._drop(key)
        weight = self._weigh(answer)
        if ttl_s == 0 or weight > self._weight_max:
            return
        self._make_room(weight)
        kind[key] = _Kept(answer, self._clock() + ttl_s, weight)
        self._weight += weight

    def _make_room(self, weight: int) -> None:
        """Drop expired answers, then those that expire first, until there is room."""
        now = self._clock()
        while (first := self._first_to_expire()) is not None:
            key, kept = first
            if kept.until > now and self._has_room(weight):
                return
            self._drop(key)

    def _first_to_expire(self) -> tuple[K, _Kept[V]] | None:
        oldest = [next(iter(kind.items())) for kind in (self._present, self._absent) if kind]
        return min(oldest, key=lambda entry: entry[1].until, default=None)

    def _has_room(self, weight: int) -> bool:
        entries = len(self._present) + len(self._absent)
        return entries < self._settings.entries_max and self._weight + weight <= self._weight_max

    def _drop(self, key: K) -> None:
        dropped = self._present.pop(key, None) or self._absent.pop(key, None)
        if dropped is not None:
            self._weight -= dropped.weight
