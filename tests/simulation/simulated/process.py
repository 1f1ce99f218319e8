"""What the simulation loop is made of: processes, and the handles and tasks they own."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any


class SimulatedProcess:
    """One life of a simulated process."""

    __slots__ = ("alive", "context", "name", "on_crash", "paused", "ready", "tag")

    def __init__(self, name: str) -> None:
        self.name = name
        self.tag = name.encode()
        self.ready: deque[SimulatedHandle] = deque()
        self.paused = False
        self.alive = True
        self.on_crash: list[Callable[[], object]] = []
        self.context = Context()
        self.context.run(current_process.set, self)


current_process: ContextVar[SimulatedProcess] = ContextVar("process")


class SimulatedHandle(asyncio.TimerHandle):
    """Leaner than its base class, which stands here for the type only."""

    __slots__ = ("args", "at", "callback", "context")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context, at: float
    ) -> None:
        self.callback: Callable[..., object] | None = callback
        self.args = args
        self.context = context
        self.at = at

    def cancel(self) -> None:
        self.callback = None
        self.args = ()

    def cancelled(self) -> bool:
        return self.callback is None

    def when(self) -> float:
        return self.at

    def __repr__(self) -> str:
        return f"<{self.callback!r} at {self.at}>"


class SimulatedTask(asyncio.Task[Any]):
    """Hashes by order of creation, so that sets of tasks are walked alike in every run."""

    _log_destroy_pending: bool

    def __init__(self, serial: int, life: SimulatedProcess, coro: Any, **options: Any) -> None:
        self.serial = serial
        self.life = life
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self.serial

    def untaken_failure(self) -> BaseException | None:
        """The exception that nobody has looked at yet."""
        return self._exception if self._log_traceback else None
