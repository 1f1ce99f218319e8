"""Work that is done while a reader pauses."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from runtime.following.pauses import Pauses


class IdleReader:
    def __init__(self) -> None:
        self.reading = False
        self.runs = 0

    async def read(self) -> None:
        self.reading, self.runs = True, self.runs + 1
        try:
            await asyncio.Event().wait()
        finally:
            self.reading = False


@pytest.fixture
def reader() -> IdleReader:
    return IdleReader()


@pytest.fixture
async def pauses(reader: IdleReader) -> AsyncIterator[Pauses]:
    pauses = Pauses()
    running = asyncio.create_task(pauses.run(reader.read))
    yield pauses
    running.cancel()
    await asyncio.wait([running])


async def test_the_reader_does_not_read_meanwhile(pauses: Pauses, reader: IdleReader) -> None:
    async def work() -> None:
        assert not reader.reading

    await pauses.pause_for(work)
    await asyncio.sleep(0)
    assert reader.reading
    assert reader.runs == 2


async def test_an_error_of_the_work_is_the_callers(pauses: Pauses, reader: IdleReader) -> None:
    async def work() -> None:
        raise ValueError("spoilt")

    with pytest.raises(ValueError, match="spoilt"):
        await pauses.pause_for(work)
    await asyncio.sleep(0)
    assert reader.reading


async def test_work_that_has_begun_is_finished_though_its_caller_leaves(pauses: Pauses) -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await may_end.wait()
        ended.set()

    caller = asyncio.create_task(pauses.pause_for(work))
    await begun.wait()
    for _ in range(3):  # Whoever cancels may do so again and again.
        caller.cancel()
        await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert ended.is_set()


async def test_work_that_has_not_begun_never_begins_once_its_caller_has_left(
    reader: IdleReader,
) -> None:
    pauses = Pauses()
    done: list[str] = []

    async def work() -> None:
        done.append("work")

    caller = asyncio.create_task(pauses.pause_for(work))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.wait([caller])
    running = asyncio.create_task(pauses.run(reader.read))
    await pauses.pause_for(lambda: asyncio.sleep(0))
    assert done == []
    running.cancel()
    await asyncio.wait([running])


async def test_a_stopped_reader_stops_the_work_and_its_caller(reader: IdleReader) -> None:
    pauses = Pauses()
    running = asyncio.create_task(pauses.run(reader.read))
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    caller = asyncio.create_task(pauses.pause_for(work))
    await begun.wait()
    running.cancel()
    await asyncio.wait([caller, running])
    assert caller.cancelled()
