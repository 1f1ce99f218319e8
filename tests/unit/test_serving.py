"""A process that ends tells whether it was asked to, and a reader waits for its store."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from runtime.persisting import Persistence
from runtime.serving import serve
from runtime.tables import TablesUnavailable
from runtime.tasks import keep_running


def test_a_process_whose_part_failed_ends_with_the_reason() -> None:
    def build() -> FastAPI:
        async def fail() -> None:
            raise ValueError("the journal was edited")

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


async def test_a_store_that_is_away_is_asked_until_it_answers() -> None:
    persistence = Persistence("tables", ConnectionError)
    attempts: list[bool] = []

    async def attempt() -> str:
        attempts.append(persistence.available)
        if len(attempts) < 3:
            raise ConnectionError("away")
        return "written"

    assert not persistence.available
    assert await persistence.until_it_answers(attempt) == "written"
    assert persistence.available
    assert len(attempts) == 3


async def test_what_is_no_outage_is_told_at_once() -> None:
    async def attempt() -> None:
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        await Persistence("tables", ConnectionError).until_it_answers(attempt)


async def test_why_a_store_is_away_is_told_until_it_answers() -> None:
    persistence = Persistence("tables", TablesUnavailable)
    told: list[dict[str, object]] = []

    async def attempt() -> None:
        told.append(persistence.readiness("tables"))
        if len(told) == 1:
            raise TablesUnavailable("somebody restores a backup", "read_only")

    await persistence.until_it_answers(attempt)
    assert told == [{"tables": False}, {"tables": False, "tables_away": "read_only"}]
    assert persistence.readiness("tables") == {"tables": True}
