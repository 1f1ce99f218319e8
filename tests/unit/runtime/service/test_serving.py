"""A process that ends tells whether it was asked to end."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from fastapi import FastAPI

from contracts.journal.acceptance import JournalBroken
from runtime.process.tasks import keep_running, run_aside
from runtime.service.http_limits import HttpLimits
from runtime.service.process_routes import build_process_router
from runtime.service.serving import serve, serve_until_stopped


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
