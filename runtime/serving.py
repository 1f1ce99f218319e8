"""A service's process: HTTP in the foreground, and an end that tells whether it was asked for."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from fastapi import FastAPI

from runtime.process import Process, running_as

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)

BuildApp = Callable[[], FastAPI]


def serve(build_app: BuildApp, host: str, port: int) -> None:
    """Until SIGINT or SIGTERM. Ends the process with status 1 after a failure."""
    failure = serve_until_stopped(build_app, host=host, port=port)
    if failure is not None:
        sys.exit(failure)


def serve_until_stopped(
    build_app: BuildApp, listener: socket.socket | None = None, **options: Any
) -> str | None:
    """The reason if nobody asked it to stop. `options` are uvicorn's."""

    def exit_server(_reason: str) -> None:
        server.should_exit = True

    process = Process(exit_server)
    config = uvicorn.Config(
        build_app(),
        loop="uvloop",
        http="httptools",
        access_log=False,
        # By itself it would believe everybody on this machine; `make_app` knows the proxies.
        proxy_headers=False,
        **options,
    )
    server = uvicorn.Server(config)
    with running_as(process), _signals_left_to_uvicorn():
        server.run(None if listener is None else [listener])
    return process.failure


@contextmanager
def _signals_left_to_uvicorn() -> Iterator[None]:
    """uvicorn stops the server on these, and then sends them to us once more."""
    ours = {number: signal.signal(number, lambda *_: None) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
