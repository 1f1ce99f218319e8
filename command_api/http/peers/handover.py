"""Gathers the commands that a follower hands over, so that many go with one request.

While requests are on their way, new commands wait for the next one. So the number of commands
with each request follows the load, as with the group commits of the journal.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from command_api.http.peers.wire import BATCH_BYTES_MAX, BATCH_COMMANDS_MAX
from command_api.leader.ports import Answer
from contracts.errors import CommandError, NoLeader, OutcomeUnknown
from contracts.values.describing import describe_error
from runtime.process.tasks import run_aside

log = logging.getLogger(__name__)

IN_FLIGHT_MAX: Final = 2
"""Requests on their way at a time: while the leader works on one, the next one travels."""
WAITING_MAX: Final = 10_000
"""Commands that wait. A further one is refused: nothing was done."""


class HandedOver:
    """A command on its way to the leader."""

    __slots__ = ("answer", "encoded", "give_up_at", "request")

    def __init__(self, encoded: bytes, give_up_at: float, answer: "asyncio.Future[Answer]") -> None:
        self.encoded = encoded
        self.give_up_at = give_up_at
        self.answer = answer
        self.request: _Request | None = None


Send = Callable[[Sequence[HandedOver]], Awaitable[Sequence[Answer | CommandError]]]
"""Sends commands with one request. Returns the result of each, in order. Raises a CommandError,
of which each command then gets one of its own."""


class _Request:
    """The commands that are sent together, and how many of them are still waited for."""

    __slots__ = ("commands", "task", "wanted")

    def __init__(self, commands: Sequence[HandedOver]) -> None:
        self.commands = commands
        self.wanted = len(commands)
        self.task: asyncio.Task[None] | None = None


class Handover:
    """Hands over commands to one leader."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[HandedOver] = deque()
        self._in_flight = 0
        self._flushing = False

    async def hand_over(self, encoded: bytes, timeout_s: float) -> Answer:
        """Return the leader's answer to a command, or raise the error that it answered with.

        The caller gives up by cancelling. Raises NoLeader if too many commands wait, or if
        `timeout_s` passes before the command is sent; otherwise what sending raises.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise NoLeader
        one = HandedOver(encoded, self._loop.time() + timeout_s, self._loop.create_future())
        self._waiting.append(one)
        self._flush_soon()
        try:
            return await one.answer
        except asyncio.CancelledError:
            self._give_up(one)
            raise

    def _flush_soon(self) -> None:
        """Send what waits, once all that run in this turn of the event loop have added theirs."""
        if not self._flushing and self._waiting and self._in_flight < IN_FLIGHT_MAX:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        while self._in_flight < IN_FLIGHT_MAX and (commands := self._take()):
            request = _Request(commands)
            for one in commands:
                one.request = request
            self._in_flight += 1
            request.task = run_aside(self._deliver(request), "hand-over")

    def _take(self) -> list[HandedOver]:
        """Return the commands that go with the next request: those that are still waited for."""
        taken: list[HandedOver] = []
        bytes_left, now = BATCH_BYTES_MAX, self._loop.time()
        while self._waiting and len(taken) < BATCH_COMMANDS_MAX:
            one = self._waiting[0]
            if taken and len(one.encoded) > bytes_left:
                break
            self._waiting.popleft()
            if one.answer.done():
                continue
            if one.give_up_at <= now:
                one.answer.set_exception(NoLeader())
                continue
            taken.append(one)
            bytes_left -= len(one.encoded)
        return taken

    async def _deliver(self, request: _Request) -> None:
        try:
            results = await self._try_to_send(request.commands)
        finally:
            self._in_flight -= 1
            self._flush_soon()
        for one, result in zip(request.commands, results, strict=True):
            if one.answer.done():
                continue
            if isinstance(result, CommandError):
                one.answer.set_exception(result)
            else:
                one.answer.set_result(result)

    async def _try_to_send(self, commands: Sequence[HandedOver]) -> Sequence[Answer | CommandError]:
        try:
            results = await self._send(commands)
        except CommandError as error:
            return [type(error)() for _ in commands]
        except Exception as error:  # Whatever it is, nobody may go on waiting.
            log.exception("hand-over failed", extra={"reason": describe_error(error)})
            return [OutcomeUnknown() for _ in commands]
        return results if len(results) == len(commands) else [OutcomeUnknown() for _ in commands]

    def _give_up(self, one: HandedOver) -> None:
        """Give up the request if nobody waits for any of its commands: the leader may be frozen,
        and others wait to be sent."""
        if (request := one.request) is not None:
            request.wanted -= 1
            if request.wanted == 0 and request.task is not None:
                request.task.cancel()
