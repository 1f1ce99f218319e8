"""Runs a service's HTTP server, and reports if it ended without being asked to."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from runtime.process.lifecycle import Process, run_as
from runtime.process.tasks import start_for
from runtime.service.http_limits import DEFAULT, HttpLimits
from runtime.service.http_protocol import BoundedProtocol

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
DRAIN_POLL_S: Final = 0.05
OF_REQUESTS: Final = "httptools_impl"
"""uvicorn's module that warns of each request that it cannot read, and of each wish to speak
WebSocket. Anybody could fill the log with them."""

BuildApp = Callable[[], ASGIApp]


def serve(build_app: BuildApp, host: str, port: int, limits: HttpLimits = DEFAULT) -> None:
    """Serve until SIGINT or SIGTERM. After a failure, exit with status 1."""
    failure = serve_until_stopped(build_app, limits=limits, host=host, port=port)
    if failure is not None:
        sys.exit(failure)


def serve_until_stopped(
    build_app: BuildApp,
    listener: socket.socket | None = None,
    *,
    limits: HttpLimits = DEFAULT,
    **options: Any,
) -> str | None:
    """Serve until asked to stop. Returns None, or the reason if the server ended by itself.
    `options` are uvicorn's."""

    def exit_server(_reason: str) -> None:
        server.should_exit = True

    process = Process(exit_server)
    config = server_config(build_app(), limits, loop="uvloop", **options)
    server = DrainingServer(config, process, limits.drain_s)
    with run_as(process), _leave_signals_to_uvicorn():
        server.run(None if listener is None else [listener])
    return process.failure


def server_config(app: ASGIApp, limits: HttpLimits, **options: Any) -> uvicorn.Config:
    """Return the configuration that all our HTTP servers share. `options` are uvicorn's.

    uvicorn's warnings of single requests are left out of the log."""
    logging.getLogger("uvicorn.error").addFilter(_is_of_the_server)
    return uvicorn.Config(
        app,
        http=partial(BoundedProtocol, limits=limits),  # type: ignore[arg-type]  # It is called.
        ws="none",
        access_log=False,
        log_config=None,  # Its lines go where all others go (`runtime.logs`).
        # uvicorn would trust everybody on this machine; `make_app` knows the trusted proxies.
        proxy_headers=False,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=limits.grace_s,
        **options,
    )


def _is_of_the_server(record: logging.LogRecord) -> bool:
    return record.module != OF_REQUESTS or record.levelno > logging.WARNING


class _Server(uvicorn.Server):
    """Answers every request whose connection was open before the listener closed.

    uvicorn forgets the connections that the kernel has accepted and the loop has not: their
    clients lose requests that they have sent already.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        for connection in self._close_listeners(sockets or []):
            with suppress(OSError):  # Its client has gone.
                await loop.connect_accepted_socket(self._new_connection, connection)
        await super().shutdown(sockets)

    def _close_listeners(self, given: list[socket.socket]) -> list[socket.socket]:
        """Accept no more connections. Return those that the loop has not accepted."""
        open_sockets = [one for server in self.servers for one in server.sockets]
        listeners = [socket.socket(fileno=os.dup(one.fileno())) for one in open_sockets]
        for server in self.servers:
            server.close()
        for one in given:
            one.close()
        accepted = []
        for listener in listeners:
            listener.setblocking(False)
            with listener, suppress(OSError):
                while True:
                    accepted.append(listener.accept()[0])
        return accepted

    def _new_connection(self) -> asyncio.Protocol:
        """Return a protocol as uvicorn makes them."""
        make: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        return make(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )


class DrainingServer(_Server):
    """Reports that it is not ready for `drain_s` seconds before it closes its listener.

    Load balancers look at `/readyz` every few seconds. If the listener closed at once, it
    would refuse the requests that they send until they look. A second signal, or a failure,
    ends the wait.
    """

    def __init__(self, config: uvicorn.Config, process: Process, drain_s: float) -> None:
        super().__init__(config)
        self._process = process
        self._drain_s = drain_s
        self._signals = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._signals += 1
        super().handle_exit(sig, frame)

    async def main_loop(self) -> None:
        await super().main_loop()
        self._process.stopping = True
        # Clients of kept-alive connections have to find another process too.
        self.server_state.default_headers = [
            *self.server_state.default_headers,
            (b"connection", b"close"),
        ]
        loop = asyncio.get_running_loop()
        until = loop.time() + self._drain_s
        while loop.time() < until and self._signals < 2 and self._process.failure is None:
            await asyncio.sleep(DRAIN_POLL_S)


class _GuestServer(_Server):
    """Leaves signals to the process that runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_beside(
    app: ASGIApp, listener: socket.socket, limits: HttpLimits
) -> AsyncIterator[None]:
    """Serve `app` inside the `with` block, while the process does other things. `app` must not
    need a start-up. Closes `listener` at the end."""
    server = _GuestServer(server_config(app, limits, lifespan="off", log_level="warning"))
    serving = start_for(server.serve([listener]), "HTTP server")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@contextmanager
def _leave_signals_to_uvicorn() -> Iterator[None]:
    """Ignore stop signals inside the `with` block. uvicorn handles them, and then sends them
    to the process once more."""
    ours = {number: signal.signal(number, lambda *_: None) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
