"""A process that ends tells whether it was asked to end."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import uvloop
from fastapi import FastAPI

from contracts.journal.acceptance import JournalBroken
from runtime.process.lifecycle import Process
from runtime.process.tasks import keep_running, run_aside
from runtime.service.http_limits import HttpLimits
from runtime.service.process_routes import build_process_router
from runtime.service.serving import DrainingServer, serve, serve_until_stopped, server_config
from tests.waiting import WITHIN_S

REQUEST = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n"
NewLoop = Callable[[], asyncio.AbstractEventLoop]


def test_a_process_whose_part_failed_ends_with_the_reason() -> None:
    def build() -> FastAPI:
        async def fail() -> None:
            raise JournalBroken("the journal was edited")

        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            keep_running(fail(), "reader")
            yield

        return FastAPI(lifespan=lifespan)

    with pytest.raises(SystemExit) as ended:
        serve(build, "127.0.0.1", 0)
    assert ended.value.code == "reader stopped: the journal was edited"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_was_asked_to_stop_ends_well(number: signal.Signals) -> None:
    stopped: list[str] = []

    def build() -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            asyncio.get_running_loop().call_soon(signal.raise_signal, number)
            yield
            stopped.append("all parts")

        return FastAPI(lifespan=lifespan)

    before = signal.getsignal(number)
    serve(build, "127.0.0.1", 0)
    assert stopped == ["all parts"]
    assert signal.getsignal(number) is before


def test_a_process_that_was_asked_to_stop_says_so_before_it_refuses_connections() -> None:
    """And a second signal ends the wait."""
    answers: list[tuple[int, Any]] = []

    def build() -> FastAPI:
        async def watch_the_end() -> None:
            url = f"http://127.0.0.1:{port}/readyz"
            async with aiohttp.ClientSession() as session:
                while not answers or answers[-1][0] == 200:
                    async with session.get(url) as response:
                        answers.append((response.status, await response.json()))
                    if len(answers) == 1:
                        signal.raise_signal(signal.SIGTERM)
                async with session.get(url) as response:
                    assert response.headers["Connection"] == "close"
            signal.raise_signal(signal.SIGTERM)

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            app.include_router(build_process_router(lambda: {"tables": True}))
            watching = run_aside(watch_the_end(), "watcher")
            yield
            await watching

        return FastAPI(lifespan=lifespan)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        limits = HttpLimits(drain_s=600.0)
        assert serve_until_stopped(build, listener, limits=limits) is None
    assert answers[0] == (200, {"ready": True, "tables": True})
    assert answers[-1] == (503, {"ready": False, "tables": True, "stopping": True})


class StoppedServer(DrainingServer):
    """Stops as soon as it has started. A client comes at the last moment before that."""

    client: socket.socket
    accepted_first = False

    async def main_loop(self) -> None:
        self.should_exit = True
        await super().main_loop()
        # The kernel accepts the connection at once, the loop in its next turn.
        self.client = socket.create_connection(self.servers[0].sockets[0].getsockname())
        if self.accepted_first:
            async with asyncio.timeout(WITHIN_S):
                while not self.server_state.connections:
                    await asyncio.sleep(0.01)
        self.client.sendall(REQUEST)


@pytest.mark.parametrize(
    "new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
@pytest.mark.parametrize("accepted_first", [False, True], ids=["in_backlog", "accepted"])
def test_a_request_that_comes_just_before_the_listener_closes_is_answered(
    new_loop: NewLoop, accepted_first: bool
) -> None:
    config = server_config(FastAPI(), HttpLimits(), host="127.0.0.1", port=0)
    server = StoppedServer(config, Process(lambda _reason: None), drain_s=0.0)
    server.accepted_first = accepted_first
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(server.serve())
    with server.client as client:
        client.settimeout(WITHIN_S)
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"\r\nconnection: close\r\n" in answer
