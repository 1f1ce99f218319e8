"""Work that is done while a reader pauses."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from runtime.following.pauses import Pauses
from tests.waiting import WITHIN_S


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


async def test_a_reader_that_is_stopped_as_a_pause_begins_does_not_read_on() -> None:
    """Stopped while it waits for the end of a reading, as by a lock that is lost."""
    pauses = Pauses()
    stopping, may_stop = asyncio.Event(), asyncio.Event()

    async def read() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopping.set()
            await may_stop.wait()

    done: list[str] = []

    async def work() -> None:
        done.append("work")

    running = asyncio.create_task(pauses.run(read))
    caller = asyncio.create_task(pauses.pause_for(work))
    await stopping.wait()
    running.cancel()
    await asyncio.sleep(0)
    may_stop.set()
    async with asyncio.timeout(WITHIN_S):
        await asyncio.wait([caller, running])
    assert running.cancelled()
    assert caller.cancelled()
    assert done == []


async def test_a_reader_that_fails_as_a_pause_is_asked_for_ends_it() -> None:
    pauses = Pauses()
    may_fail = asyncio.Event()

    async def read() -> None:
        await may_fail.wait()
        raise ValueError("spoilt")

    async def work() -> None:
        raise AssertionError("the reader has failed")

    running = asyncio.create_task(pauses.run(read))
    await asyncio.sleep(0.01)
    callers = [asyncio.create_task(pauses.pause_for(work)) for _ in range(2)]
    may_fail.set()
    async with asyncio.timeout(WITHIN_S):
        await asyncio.wait([*callers, running])
    assert isinstance(running.exception(), ValueError)
    assert all(caller.cancelled() for caller in callers)


async def test_each_of_several_pauses_gets_its_turn(pauses: Pauses, reader: IdleReader) -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        assert not reader.reading
        done.append(number)

    await asyncio.gather(*(pauses.pause_for(partial(work, number)) for number in range(3)))
    assert done == [0, 1, 2]
