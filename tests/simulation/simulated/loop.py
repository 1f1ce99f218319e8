"""A seeded asyncio event loop in which whole clusters run, crash and stall in virtual time.

Ordinary asyncio code runs on it unchanged: tasks, timeouts, queues, task groups, async
generators. What differs from a real loop:

- Time is virtual. Code takes none; when nothing is ready, the clock jumps to the next timer.
- Each callback belongs to a *process*, found through its context (tasks inherit it). Within
  one process callbacks run first in, first out, as asyncio promises. Which process runs next
  is drawn from the seed, after every callback: processes interleave in every possible way.
- A paused process runs nothing until it is resumed; its timers then fire late. A crashed one
  never runs again: no `finally`, no callback. Its name can be spawned again, as a new life.
- There is no I/O. Processes should meet in messages with a delay: `post`, and what is built
  on it (`tests.simulation.simulated.network`, `tests.simulation.simulated.journal`).

The same seed gives the same run, also in another interpreter (`trace` tells), as long as the
code under test draws randomness from `loop.random` only and time from the loop only.
"""

import asyncio
import gc
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from heapq import heapify, heappop, heappush
from inspect import iscoroutine
from itertools import count
from random import Random
from struct import pack
from typing import TYPE_CHECKING, Any, Final, TypeVar, TypeVarTuple
from zlib import crc32

if TYPE_CHECKING:  # Abstract only to type checkers; what is missing raises NotImplementedError.
    from asyncio import BaseEventLoop as _EventLoop
else:
    from asyncio import AbstractEventLoop as _EventLoop

from tests.simulation.simulated.process import (
    SimulatedHandle,
    SimulatedProcess,
    SimulatedTask,
    current_process,
)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

TEST: Final = "test"
"""The process of the coroutine given to `run`. Always alive."""

WORLD: Final = "world"
"""The process of everything between the processes: wires, brokers. Always alive."""

EPOCH_MS: Final = 1_767_225_600_000
"""Wall clock at virtual time zero: 2026-01-01 00:00 UTC."""

_NOTES_KEPT: Final = 200
_PRUNE_FROM: Final = 1_000
_CLOSE_ATTEMPTS: Final = 100


class Stuck(AssertionError):
    """Nothing can happen any more, or the run went over its budget."""


class SimulationLoop(_EventLoop):
    """Runs once: spawn what is needed, then `run` a scenario."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        """All chance of this run. Code under test takes nonces, jitter and ids from it."""
        self.steps = 0
        """Callbacks run so far."""
        self.trace = 0
        """Checksum of everything that happened in order: equal for equal runs."""
        self.notes: deque[tuple[float, tuple[object, ...]]] = deque(maxlen=_NOTES_KEPT)
        """The latest `note`s with their virtual times, for reading after a failure."""
        self._now = 0.0
        self._limit_s = float("inf")
        self._closed = False
        self._runnable: list[SimulatedProcess] = []
        self._timers: list[tuple[float, int, SimulatedHandle]] = []
        self._timers_prune_at = self._tasks_prune_at = _PRUNE_FROM
        self._serials = count()
        self._tasks: list[SimulatedTask] = []
        self._unhandled: list[BaseException] = []
        self._clock_offset_ms: dict[str, int] = {}
        self._test = SimulatedProcess(TEST)
        self._lives = {TEST: self._test, WORLD: SimulatedProcess(WORLD)}

    # --- The scenario's side -----------------------------------------------------------

    def run(
        self,
        main: Coroutine[Any, Any, T],
        *,
        max_virtual_s: float = 24 * 3600.0,
        max_steps: int = 1_000_000,
    ) -> T:
        """Run `main` to its end and return its result; then the world ends unceremoniously.

        Raises what `main` or a callback raised, Stuck at a deadlock or over budget, and an
        ExceptionGroup if another task failed and nobody took its exception.
        """
        self._limit_s = max_virtual_s
        with self._running():
            task = self._test.context.copy().run(self.create_task, main)
            try:
                self._turn_until_done(task, max_steps)
                result: T = task.result()
            except Exception as error:
                self._raise_unhandled(error)
                raise
            self._raise_unhandled(None)
            return result

    @contextmanager
    def process(self, name: str) -> Iterator[None]:
        """Run what is scheduled inside in the process `name`, which is made if need be."""
        token = current_process.set(self._life(name))
        try:
            yield
        finally:
            current_process.reset(token)

    def spawn(self, name: str, coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start `coro` in the process `name`. An exception that leaves it fails the run."""
        task = self._life(name).context.copy().run(self.create_task, coro)
        task.add_done_callback(_raise_failure, context=self._test.context)
        return task

    def post(
        self, name: str, delay_s: float, callback: Callable[[*Ts], object], *args: *Ts
    ) -> None:
        """Have the present life of `name`, if there is one, call `callback` after a delay, as
        a message does: whatever becomes of the sender."""
        if life := self._lives.get(name):
            self.call_at(self._now + delay_s, callback, *args, context=life.context.copy())

    def crash(self, name: str) -> None:
        """End the present life of `name`, if there is one: nothing of it runs again."""
        if (life := self._lives.pop(name, None)) is None:
            return
        self._hold(life)
        life.alive = False
        life.ready.clear()
        self.note("crash", name)
        for told in life.on_crash:
            told()

    def pause(self, name: str) -> None:
        """Hold the living process `name` still until `resume`."""
        life = self._lives[name]
        self._hold(life)
        life.paused = True
        self.note("pause", name)

    def resume(self, name: str) -> None:
        """Go on after a pause. Harmless if there was none, or if the process has crashed."""
        life = self._lives.get(name)
        if life and life.paused:
            life.paused = False
            self.note("resume", name)
            if life.ready:
                self._runnable.append(life)

    def on_crash(self, name: str, callback: Callable[[], object]) -> None:
        """Have `callback` called at the moment when the living process `name` crashes."""
        self._lives[name].on_crash.append(callback)

    def is_alive(self, name: str) -> bool:
        return name in self._lives

    @property
    def current(self) -> str:
        """Return the process whose callback is running."""
        return current_process.get(self._test).name

    def wall_ms(self, name: str | None = None) -> int:
        """Return milliseconds since 1970 by the clock of a process, by default the running one."""
        offset = self._clock_offset_ms.get(self.current if name is None else name, 0)
        return EPOCH_MS + int(self._now * 1000) + offset

    def set_clock(self, name: str, offset_ms: int) -> None:
        """Let the wall clock of `name` differ from the true one, over its deaths as well."""
        self._clock_offset_ms[name] = offset_ms
        self.note("clock", name, offset_ms)

    def note(self, *facts: object) -> None:
        """Add `facts` to the trace and to the notes."""
        self.notes.append((self._now, facts))
        self.trace = crc32(repr(facts).encode(), self.trace)

    # --- asyncio's side ----------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        handle = SimulatedHandle(
            callback, args, copy_context() if context is None else context, self._now
        )
        self._enqueue(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        if len(self._timers) >= self._timers_prune_at:
            self._timers = [timer for timer in self._timers if timer[2].callback is not None]
            heapify(self._timers)
            self._timers_prune_at = 2 * len(self._timers) + _PRUNE_FROM
        handle = SimulatedHandle(
            callback, args, copy_context() if context is None else context, when
        )
        heappush(self._timers, (when, next(self._serials), handle))
        return handle

    def run_in_executor(
        self, _executor: Any, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run `func` at once: a thread would run in real time."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        if len(self._tasks) >= self._tasks_prune_at:
            self._tasks = [t for t in self._tasks if not t.done() or t.untaken_failure()]
            self._tasks_prune_at = 2 * len(self._tasks) + _PRUNE_FROM
        serial = next(self._serials)
        if context is None:
            context = copy_context()
        life = context.get(current_process, self._test)
        task = SimulatedTask(
            serial, life, coro, loop=self, name=name or f"task-{serial}", context=context
        )
        self._tasks.append(task)  # A pending task must not be collected, least of all a dead one.
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self._closed:
            self._unhandled.append(context.get("exception") or RuntimeError(context["message"]))

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self._closed

    def is_closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """End the world. Unfinished coroutines are taken apart without effect on anything."""
        if self._closed:
            return
        self._closed = True
        for life in self._lives.values():
            life.alive = False
        self._runnable.clear()
        self._timers.clear()
        while self._tasks:
            task = self._tasks.pop()
            if not task.done():
                task._log_destroy_pending = False
                _take_apart(task.get_coro())

    # --- The engine --------------------------------------------------------------------

    @contextmanager
    def _running(self) -> Iterator[None]:
        collecting, hooks = gc.isenabled(), sys.get_asyncgen_hooks()
        gc.disable()  # A collector that runs finalizers at times of its own is not repeatable.
        sys.set_asyncgen_hooks(firstiter=None, finalizer=self._finish_generator)
        asyncio._set_running_loop(self)
        try:
            yield
        finally:
            self.close()
            asyncio._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)
            if collecting:
                gc.enable()

    def _turn_until_done(self, main: asyncio.Task[Any], max_steps: int) -> None:
        runnable, chance, done = self._runnable, self.random.random, main.done
        while not done():
            while not runnable:
                self._advance()
            index = int(chance() * len(runnable)) if len(runnable) > 1 else 0
            life = runnable[index]
            handle = life.ready.popleft()
            if not life.ready:
                runnable[index] = runnable[-1]
                del runnable[-1]
            if handle.callback is None:
                continue
            self.trace = crc32(life.tag, self.trace)
            self.steps += 1
            if self.steps > max_steps:
                raise Stuck(f"over {max_steps} steps at {self._now:.3f} s: {self._pending()}")
            handle.context.run(handle.callback, *handle.args)

    def _advance(self) -> None:
        """Jump to the next timer and make ready all that are due then."""
        timers = self._timers
        while timers and timers[0][2].callback is None:
            heappop(timers)
        if not timers:
            raise Stuck(f"deadlock at {self._now:.3f} s: {self._pending()}")
        self._now = max(self._now, timers[0][0])
        if self._now > self._limit_s:
            raise Stuck(f"over {self._limit_s} s of virtual time: {self._pending()}")
        self.trace = crc32(pack("<d", self._now), self.trace)
        while timers and timers[0][0] <= self._now:
            handle = heappop(timers)[2]
            if handle.callback is not None:
                self._enqueue(handle)

    def _enqueue(self, handle: SimulatedHandle) -> None:
        life = handle.context.get(current_process, self._test)
        if life.alive:
            if not life.ready and not life.paused:
                self._runnable.append(life)
            life.ready.append(handle)

    def _life(self, name: str) -> SimulatedProcess:
        if name not in self._lives:
            self._lives[name] = SimulatedProcess(name)
        return self._lives[name]

    def _hold(self, life: SimulatedProcess) -> None:
        if life in self._runnable:
            self._runnable.remove(life)

    def _pending(self) -> str:
        waiting = [
            f"{task.life.name}{' (paused)' if task.life.paused else ''}: {task!r}"
            for task in self._tasks
            if task.life.alive and not task.done()
        ]
        return "\n  ".join(["waiting are:", *waiting])

    def _raise_unhandled(self, cause: BaseException | None) -> None:
        failures = [task.untaken_failure() for task in self._tasks]
        failed = [*self._unhandled, *filter(None, failures)]
        if failed:
            raise BaseExceptionGroup("nobody took these exceptions", failed) from cause

    def _finish_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        closing = _close_generator(generator)
        if not self._closed:
            self.create_task(closing)
            return
        with suppress(BaseException):
            closing.send(None)
        _take_apart(closing)


def _raise_failure(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.result()


async def _close_generator(generator: AsyncGenerator[Any, Any]) -> None:
    await generator.aclose()


def _take_apart(coroutine: Any) -> None:
    """Unwind a coroutine; one that awaits while unwinding is told again, up to a bound.

    What it awaits is unwound first: Python throws the RuntimeError of an inner one that awaits
    into the outer one, and if that takes it, the inner one is left to the collector.
    """
    if iscoroutine(awaited := getattr(coroutine, "cr_await", None)):
        _take_apart(awaited)
    for _ in range(_CLOSE_ATTEMPTS):
        try:
            coroutine.close()
        except BaseException:
            continue
        return
