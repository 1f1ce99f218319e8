"""Starts background tasks and threads. No other module may (tests/tidy checks it).

If nobody waits for a task, it ends unnoticed, even with an error. So the functions here
differ in who notices the end. If a task has an owner that waits for it anyway,
`asyncio.TaskGroup` and `asyncio.gather` serve as well.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

from contracts.values.describing import describe_error
from runtime.process.lifecycle import current_process

log = logging.getLogger(__name__)

T = TypeVar("T")


def keep_running(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Run `work` until it is cancelled. If it ends otherwise, even by returning, the process
    ends."""
    return _start_watched(work, name, may_return=False)


def run_aside(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Run `work` in the background until it returns. An error ends the process."""
    return _start_watched(work, name, may_return=True)


def start_for(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Run `work` for a caller who awaits the task and gets its result or error."""
    return asyncio.get_running_loop().create_task(work, name=name)


async def run_together(parts: Mapping[str, Coroutine[Any, Any, Any]]) -> None:
    """Run the parts, by name, until one of them ends. Then cancel the others, and raise the
    error of the one that ended."""
    tasks = [start_for(work, name) for name, work in parts.items()]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(*tasks)
    for task in ended:
        task.result()


def start_thread(work: Callable[[], None], name: str) -> Thread:
    """Run `work` in a thread that does not outlive the process. An error ends the process.

    Must be called in the event loop.
    """
    process, loop = current_process(), asyncio.get_running_loop()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # Whatever it is, somebody waits for this thread.
            log.critical("%s stopped", name, exc_info=error)
            with suppress(RuntimeError):  # The loop is closed: the process ends already.
                loop.call_soon_threadsafe(process.fail, f"{name} stopped: {describe_error(error)}")

    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread


async def end(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancel the tasks, each once, and wait until all have ended. Their errors are ignored,
    because they were reported when they happened.

    Raises CancelledError if the caller is cancelled meanwhile, but only once they have ended,
    however often that is: what they clean up is finished.
    """
    pending = [task for task in tasks if task is not None]
    for task in pending:
        task.cancel()
    cancelled = False
    while pending := [task for task in pending if not _has_ended(task)]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError


def _has_ended(task: asyncio.Task[Any]) -> bool:
    """Return whether it has. If so, its error counts as seen."""
    if task.done() and not task.cancelled():
        task.exception()
    return task.done()


def _start_watched(work: Coroutine[Any, Any, T], name: str, *, may_return: bool) -> asyncio.Task[T]:
    process = current_process()

    def report_end(task: asyncio.Task[T]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None and may_return:
            return
        log.critical("%s stopped", name, exc_info=error)
        why = "it returned" if error is None else describe_error(error)
        process.fail(f"{name} stopped: {why}")

    task = start_for(work, name)
    task.add_done_callback(report_end)
    return task
