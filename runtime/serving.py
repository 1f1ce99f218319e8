"""A service's process: HTTP in the foreground, and an end that tells whether it was asked for."""

import asyncio
import logging
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

log = logging.getLogger(__name__)

OnFailure = Callable[[str], None]
"""Called, with the reason, when a part of the process has stopped for good."""


def serve(build_app: Callable[[OnFailure], FastAPI], host: str, port: int) -> None:
    """Until SIGINT or SIGTERM. Ends the process with status 1 after a failure."""
    failures: list[str] = []

    def fail(reason: str) -> None:
        failures.append(reason)
        server.should_exit = True

    config = uvicorn.Config(
        build_app(fail), host=host, port=port, loop="uvloop", http="httptools", access_log=False
    )
    server = uvicorn.Server(config)
    server.run()
    if failures:
        sys.exit(failures[0])


def watch(running: asyncio.Task[None], name: str, on_failure: OnFailure) -> None:
    """Report the end of a task that should not end; not that it was cancelled."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.critical("%s stopped", name, exc_info=task.exception())
            on_failure(f"{name} stopped: {task.exception()}")

    running.add_done_callback(ended)
