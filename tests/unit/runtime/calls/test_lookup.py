"""Answers of a slow lookup are shared, kept for a while, and bounded in number and weight."""

import asyncio
import gc
import weakref
from typing import Any

from contracts.errors import DependencyDown
from runtime.calls.lookup import CacheSettings, Lookup
from tests.seconds_clock import SecondsClock


class Question:
    """Counts how often it was asked, and answers when told to."""

    def __init__(self, answer: Any = "answer") -> None:
        self.asked = 0
        self.answer = answer
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, _key: str) -> Any:
        self.asked += 1
        await self.go.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def lookup(question: Question, clock: SecondsClock, **settings: Any) -> Lookup[str, Any]:
    return Lookup(question, CacheSettings(**{"ttl_s": 10} | settings), clock)


async def test_an_answer_holds_for_its_time() -> None:
    question, clock = Question(), SecondsClock()
    answers = lookup(question, clock)
    for now, asked in ((0, 1), (9.9, 1), (10, 2)):
        clock.now = now
        assert await answers.get("k") == "answer"
        assert question.asked == asked


async def test_that_there_is_none_holds_for_a_shorter_time() -> None:
    question, clock = Question(None), SecondsClock()
    answers = lookup(question, clock, absent_ttl_s=1)
    for now, asked in ((0, 1), (0.9, 1), (1, 2)):
        clock.now = now
        assert await answers.get("k") is None
        assert question.asked == asked


async def test_who_asks_at_the_same_time_shares_one_question() -> None:
    question = Question()
    question.go.clear()
    answers = lookup(question, SecondsClock(), ttl_s=0)
    asking = [asyncio.create_task(answers.get("k")) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    question.go.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert results[1:] == ["answer"] * 49
    assert isinstance(results[0], asyncio.CancelledError)
    assert question.asked == 1
    await answers.get("k")
    assert question.asked == 2


async def test_a_failure_is_told_to_all_and_not_remembered() -> None:
    question = Question(DependencyDown("x"))
    answers = lookup(question, SecondsClock())
    results = await asyncio.gather(*(answers.get("k") for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [DependencyDown] * 3
    question.answer = "answer"
    assert await answers.get("k") == "answer"
    assert question.asked == 2


async def test_memory_of_answers_is_bounded() -> None:
    question = Question()
    answers = lookup(question, SecondsClock(), entries_max=2)
    for key in ("a", "b", "c", "c", "b"):
        await answers.get(key)
    assert question.asked == 3
    await answers.get("a")
    assert question.asked == 4


async def test_the_first_to_expire_makes_room() -> None:
    question = Question()
    answers = lookup(question, SecondsClock(), entries_max=2)
    await answers.get("first")
    question.answer = None
    await answers.get("none")
    question.answer = "answer"
    for key in ("third", "first", "third"):
        await answers.get(key)
    assert question.asked == 3
    await answers.get("none")
    assert question.asked == 4


async def test_what_has_expired_is_let_go() -> None:
    clock = SecondsClock()
    question = Question(frozenset("old"))
    answers = lookup(question, clock)
    await answers.get("old")
    old = weakref.ref(question.answer)
    question.answer = "new"
    clock.now = 10
    await answers.get("new")
    gc.collect()
    assert old() is None


async def test_what_is_too_heavy_is_not_held_and_makes_nothing_else_go() -> None:
    question = Question("light")
    settings = CacheSettings(ttl_s=10)
    answers = Lookup(question, settings, SecondsClock(), weigh=len, weight_max=5)
    await answers.get("a")
    question.answer = "too heavy"
    for asked in (2, 3):
        assert await answers.get("b") == "too heavy"
        assert question.asked == asked
    assert await answers.get("a") == "light"
    assert question.asked == 3
