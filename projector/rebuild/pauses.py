"""Lets others do something while a reader pauses."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple, NoReturn

from runtime.process.tasks import end, start_for


class _Pause(NamedTuple):
    work: Callable[[], Awaitable[None]]
    done: asyncio.Future[None]


class Pauses:
    """Runs a reader again and again, and in between what was asked for."""

    def __init__(self) -> None:
        self._asked: asyncio.Queue[_Pause] = asyncio.Queue()

    async def pause_for(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` while the reader does not run. Raises what `work` raises."""
        done = asyncio.get_running_loop().create_future()
        await self._asked.put(_Pause(work, done))
        await done

    async def run(self, read: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
        """Run `read`, and stop it whenever a pause is asked for. Raises the error of `read`."""
        while True:
            reading = start_for(read(), "reading")
            asked = start_for(self._asked.get(), "pause")
            try:
                await asyncio.wait([reading, asked], return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    reading.result()
            finally:
                await end(reading)
                await end(asked)
            if not asked.cancelled():
                await _do(asked.result())


async def _do(pause: _Pause) -> None:
    """Do the work, unless nobody waits for it any more."""
    if pause.done.done():
        return
    try:
        await pause.work()
    except Exception as error:
        if not pause.done.done():
            pause.done.set_exception(error)
    else:
        if not pause.done.done():
            pause.done.set_result(None)
