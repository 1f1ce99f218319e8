"""Answers the calls of one moment by one question about all of their keys.

A caller's question is asked after its call, never before: nobody gets an answer that was on its
way already. While one question is on its way, further calls gather for the next. So the more
callers wait at a time, the less each of them costs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from runtime.process.tasks import start_for

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Gathering(Generic[K, V]):
    """Asks for several keys at once. Belongs to one event loop."""

    def __init__(
        self, ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], away: type[Exception]
    ) -> None:
        """`ask` gets each key once and leaves out those for which there is nothing. If it raises
        `away`, everybody who asked gets that error. After any other error each key is asked by
        itself, so that only the callers with a bad one get it."""
        self._ask = ask
        self._away = away
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Return the answer for `key`; None if there is nothing. Raises what `ask` raises."""
        answer: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._asking is None:
            # It starts once everybody who can run now has run, and asked too.
            self._asking = start_for(self._ask_while_waiting(), "gathering")
        return await answer

    async def _ask_while_waiting(self) -> None:
        calls: list[tuple[K, asyncio.Future[V | None]]] = []
        try:
            while self._waiting:
                calls, self._waiting = self._waiting, []
                await self._answer(calls)
        finally:
            self._asking = None
            for _, answer in [*calls, *self._waiting]:
                answer.cancel()  # Does nothing to one that has its answer.

    async def _answer(self, calls: Sequence[tuple[K, asyncio.Future[V | None]]]) -> None:
        keys = list(dict.fromkeys(key for key, _ in calls))
        try:
            answers = await self._ask(keys)
        except Exception as error:
            if len(keys) > 1 and not isinstance(error, self._away):
                for key in keys:
                    await self._answer([call for call in calls if call[0] == key])
                return
            for _, answer in calls:
                if not answer.done():  # A caller may have given up.
                    answer.set_exception(error)
        else:
            for key, answer in calls:
                if not answer.done():
                    answer.set_result(answers.get(key))
