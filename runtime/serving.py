"""A service's process: HTTP in the foreground, and an end that tells whether it was asked for."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

log = logging.getLogger(__name__)

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)

OnFailure = Callable[[str], None]
"""Called, with the reason, when a part of the process has stopped for good."""


BuildApp = Callable[[OnFailure], FastAPI]


def serve(build_app: BuildApp, host: str, port: int) -> None:
    """Until SIGINT or SIGTERM. Ends the process with status 1 after a failure."""
    failure = serve_until_stopped(build_app, host=host, port=port)
    if failure is not None:
        sys.exit(failure)


def serve_until_stopped(
    build_app: BuildApp, listener: socket.socket | None = None, **options: Any
) -> str | None:
    """The reason, where nobody asked it to stop. `options` are uvicorn's."""
    failures: list[str] = []

    def fail(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    config = uvicorn.Config(
        build_app(fail), loop="uvloop", http="httptools", access_log=False, **options
    )
    server = uvicorn.Server(config)
    with _signals_left_to_uvicorn():
        server.run(None if listener is None else [listener])
    return failures[0] if failures else None


@contextmanager
def _signals_left_to_uvicorn() -> Iterator[None]:
    """uvicorn stops the server on these, and then sends them to us once more."""
    ours = {number: signal.signal(number, lambda *_: None) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def watch(running: asyncio.Task[None], name: str, on_failure: OnFailure) -> None:
    """Report the end of a task that should not end; not that it was cancelled."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.critical("%s stopped", name, exc_info=task.exception())
            on_failure(f"{name} stopped: {task.exception()}")

    running.add_done_callback(ended)
