"""No background task ends unseen."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from contracts.journal.acceptance import JournalBroken
from runtime.process.lifecycle import Process, run_as
from runtime.process.tasks import (
    end,
    keep_running,
    run_aside,
    run_together,
    start_for,
    start_thread,
)


@pytest.fixture
def reasons() -> Iterator[list[str]]:
    """Why the process had to end."""
    found: list[str] = []
    with run_as(Process(found.append)):
        yield found


async def returning() -> str:
    return "done"


async def failing() -> str:
    raise JournalBroken("the journal was edited")


async def waiting() -> str:
    await asyncio.Event().wait()
    return "never"


async def ended(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks)
    await asyncio.sleep(0)  # Callbacks of a task run after those who wait for it.


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (failing, "reader stopped: the journal was edited"),
        (returning, "reader stopped: it returned"),
    ],
)
async def test_what_should_run_on_ends_the_process_with_a_reason(
    reasons: list[str], work: Any, reason: str
) -> None:
    await ended(keep_running(work(), "reader"))
    assert reasons == [reason]


async def test_what_has_an_end_ends_the_process_by_an_error_only(reasons: list[str]) -> None:
    await ended(run_aside(returning(), "greeting"))
    assert reasons == []
    await ended(run_aside(failing(), "greeting"))
    assert reasons == ["greeting stopped: the journal was edited"]


async def test_an_awaited_task_concerns_only_who_awaits_it(reasons: list[str]) -> None:
    with pytest.raises(JournalBroken, match="edited"):
        await start_for(failing(), "lookup")
    assert reasons == []


@pytest.mark.parametrize("start", [keep_running, run_aside])
async def test_a_task_that_was_cancelled_did_not_fail(reasons: list[str], start: Any) -> None:
    work: Coroutine[Any, Any, str] = waiting()
    task = start(work, "reader")
    await end(task)
    assert task.cancelled()
    assert reasons == []


async def test_a_thread_that_fails_ends_the_process(reasons: list[str]) -> None:
    def fail() -> None:
        raise JournalBroken("no memory")

    thread = start_thread(fail, "journal-commit")
    await asyncio.to_thread(thread.join)
    await asyncio.sleep(0)
    assert reasons == ["journal-commit stopped: no memory"]


async def test_the_first_reason_counts(reasons: list[str]) -> None:
    await ended(keep_running(failing(), "reader"), keep_running(returning(), "dispatcher"))
    assert reasons == ["reader stopped: the journal was edited"]


async def test_of_parts_that_run_together_none_outlives_another() -> None:
    others = []

    async def other() -> None:
        try:
            await waiting()
        finally:
            others.append("ended")

    with pytest.raises(JournalBroken):
        await run_together({"one": failing(), "other": other()})
    await run_together({"one": returning(), "other": other()})
    together = start_for(run_together({"one": other(), "other": other()}), "together")
    await asyncio.sleep(0)
    await end(together)
    assert together.cancelled()
    assert others == ["ended"] * 4


async def test_to_end_a_task_takes_until_it_has_cleaned_up_however_often_one_is_cancelled() -> None:
    cleaning, may_end, cleaned = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def untidy() -> None:
        try:
            await waiting()
        finally:
            cleaning.set()
            await may_end.wait()
            cleaned.set()

    untidy_task, other = start_for(untidy(), "untidy"), start_for(waiting(), "other")
    await asyncio.sleep(0)
    ending = start_for(end(untidy_task, other, None), "ending")
    await cleaning.wait()
    for _ in range(3):
        ending.cancel()
        await asyncio.sleep(0)
    assert not ending.done()
    may_end.set()
    await ended(ending)
    assert cleaned.is_set()
    assert other.cancelled()
    assert ending.cancelled()  # Who was cancelled does not go on as if nothing had been.


async def test_the_error_of_a_task_that_is_ended_is_ignored() -> None:
    task = start_for(failing(), "failing")
    await end(task)
    await end(task)
    assert task.done()
