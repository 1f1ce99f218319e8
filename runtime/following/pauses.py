"""Lets others do something while a reader pauses."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, NoReturn

from contracts.values.describing import describe_error
from runtime.process.tasks import end, start_for

log = logging.getLogger(__name__)


class _Pause:
    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self.work = work
        self.begun = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Pauses:
    """Runs a reader again and again, and in between what was asked for."""

    def __init__(self) -> None:
        self._waiting: deque[_Pause] = deque()
        self._asked = asyncio.Event()
        """Set while a pause is waiting."""

    async def pause_for(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` while the reader does not run. Raises what `work` raises, and CancelledError
        if the reader stops meanwhile, even by an error. If the caller is cancelled, work that has
        begun is finished first, and work that has not is never begun."""
        pause = _Pause(work)
        self._waiting.append(pause)
        self._asked.set()
        try:
            await asyncio.shield(pause.done)
        except asyncio.CancelledError:
            if not pause.begun:
                pause.done.cancel()
            while not pause.done.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([pause.done])
            if not pause.done.cancelled() and (error := pause.done.exception()):
                log.warning("work in a pause failed: %s", describe_error(error))
            raise

    async def run(self, read: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
        """Run `read`, and stop it whenever a pause is asked for. Raises the error of `read`. What
        is asked for before it runs waits for it."""
        try:
            while True:
                await self._read_until_asked(read)
                if self._waiting:
                    await _do(self._take())
        finally:
            while self._waiting:
                self._take().done.cancel()

    async def _read_until_asked(self, read: Callable[[], Coroutine[Any, Any, None]]) -> None:
        reading = start_for(read(), "reading")
        asked = start_for(self._asked.wait(), "pause")
        try:
            await asyncio.wait([reading, asked], return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
        finally:
            await end(reading, asked)

    def _take(self) -> _Pause:
        pause = self._waiting.popleft()
        if not self._waiting:
            self._asked.clear()
        return pause


async def _do(pause: _Pause) -> None:
    """Do the work, unless nobody waits for it any more."""
    if pause.done.done():
        return
    pause.begun = True
    try:
        await pause.work()
    except Exception as error:
        pause.done.set_exception(error)
    except BaseException:
        pause.done.cancel()
        raise
    else:
        pause.done.set_result(None)
