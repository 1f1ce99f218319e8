"""Calls between simulated processes, as one HTTP request and its answer would fare."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from tests.simulation.simulated.loop import WORLD, SimulationLoop

Handler = Callable[[Any], Awaitable[Any]]

ANSWER_TIMEOUT_S: Final = 30.0


class SimulatedNetwork:
    """Delays, loses and cuts messages by the seed; knobs may be turned during a run."""

    def __init__(
        self,
        loop: SimulationLoop,
        *,
        delay_s: tuple[float, float] = (0.0005, 0.005),
        loss: float = 0.0,
    ) -> None:
        self.delay_s = delay_s
        """Least and greatest delay of one message."""
        self.loss = loss
        """Probability that a message, request or answer, is lost."""
        self._loop = loop
        self._handlers: dict[str, dict[str, Handler]] = {}
        self._open: dict[str, dict[asyncio.Future[Any], str]] = {}
        self._island_of: dict[str, int] = {}

    def serve(self, process: str, handler_name: str, handler: Handler) -> None:
        """Answer calls to `process` with `handler`, which then run in that process.

        Every life of the process calls it anew: a crash closes the port.
        """
        if process not in self._handlers:
            self._handlers[process] = {}
            self._open[process] = {}
            self._loop.on_crash(process, lambda: self._reset(process))
        self._handlers[process][handler_name] = handler

    def partition(self, *islands: Iterable[str]) -> None:
        """Lose every message between islands. Processes named in none form one together."""
        self._island_of = {name: n for n, island in enumerate(islands) for name in island}

    def heal(self) -> None:
        self._island_of = {}

    async def call(self, src: str, dst: str, handler_name: str, payload: Any) -> Any:
        """What the handler of `dst` returns or raises. `src` is the process that calls.

        Raises ConnectionError after a short delay where nobody serves there or `dst`
        crashes meanwhile, and after ANSWER_TIMEOUT_S where a message was lost; the request
        may have been handled all the same. A caller that gives up does not stop the handler.
        """
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._send(src, dst, WORLD, self._arrive, answer, src, dst, handler_name, payload)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await answer
        except TimeoutError:
            if not answer.cancelled():
                raise  # The handler's own.
            raise ConnectionError(f"no answer from {dst}") from None

    def _arrive(
        self, answer: asyncio.Future[Any], src: str, dst: str, handler_name: str, payload: Any
    ) -> None:
        handler = self._handlers.get(dst, {}).get(handler_name)
        if handler is None:
            refused = ConnectionError(f"{dst} refused the connection")
            self._send(dst, src, src, _settle, answer, None, refused)
            return
        self._open[dst][answer] = src
        self._loop.spawn(dst, self._handle(handler, answer, src, dst, payload))

    def _reset(self, dst: str) -> None:
        del self._handlers[dst]
        for answer, src in self._open.pop(dst).items():
            reset = ConnectionError(f"{dst} reset the connection")
            self._send(dst, src, src, _settle, answer, None, reset)

    async def _handle(
        self, handler: Handler, answer: asyncio.Future[Any], src: str, dst: str, payload: Any
    ) -> None:
        try:
            result, error = await handler(payload), None
        except Exception as raised:
            result, error = None, raised
        self._open.get(dst, {}).pop(answer, None)  # Not there after a crash in mid-step.
        self._send(dst, src, src, _settle, answer, result, error)

    def _send(self, src: str, dst: str, process: str, *message: Any) -> None:
        """Post a message from `src` to `dst` into `process`, unless it is lost."""
        chance = self._loop.random
        lost = chance.random() < self.loss or self._island_of.get(src) != self._island_of.get(dst)
        self._loop.note("lost" if lost else "sent", src, dst)
        if not lost:
            self._loop.post(process, chance.uniform(*self.delay_s), *message)


def _settle(answer: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
