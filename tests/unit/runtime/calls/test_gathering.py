"""Calls of one moment share one question, and only the callers with a bad key get its error."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from runtime.calls.gathering import Gathering


class Away(Exception):
    pass


class Lengths:
    """Says how long each key is. Knows none that begin with `-`, and cannot stand `bad` ones."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.go = asyncio.Event()
        self.go.set()
        self.away = False

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.asked.append(list(keys))
        await self.go.wait()
        if self.away:
            raise Away
        if "bad" in keys:
            raise ValueError("bad")
        return {key: len(key) for key in keys if key[0] != "-"}


@pytest.fixture
def store() -> Lengths:
    return Lengths()


async def test_calls_of_one_moment_are_one_question(store: Lengths) -> None:
    gathering = Gathering(store, Away)
    answers = await asyncio.gather(*map(gathering.get, ("a", "bb", "-", "bb")))
    assert answers == [1, 2, None, 2]
    assert store.asked == [["a", "bb", "-"]]
    assert await gathering.get("a") == 1
    assert len(store.asked) == 2


async def test_who_asks_later_gets_no_answer_that_was_on_its_way(store: Lengths) -> None:
    gathering = Gathering(store, Away)
    store.go.clear()
    first = asyncio.create_task(gathering.get("a"))
    while not store.asked:
        await asyncio.sleep(0)
    later = [asyncio.create_task(gathering.get(key)) for key in ("a", "b")]
    await asyncio.sleep(0)
    store.go.set()
    assert await asyncio.gather(first, *later) == [1, 1, 1]
    assert store.asked == [["a"], ["a", "b"]]


async def test_a_bad_key_is_the_affair_of_its_callers(store: Lengths) -> None:
    gathering = Gathering(store, Away)
    answers = await asyncio.gather(
        *map(gathering.get, ("a", "bad", "bb", "bad")), return_exceptions=True
    )
    assert [answers[0], answers[2]] == [1, 2]
    assert all(isinstance(answers[place], ValueError) for place in (1, 3))
    assert store.asked == [["a", "bad", "bb"], ["a"], ["bad"], ["bb"]]


async def test_an_absent_store_is_asked_once_for_all(store: Lengths) -> None:
    gathering = Gathering(store, Away)
    store.away = True
    answers = await asyncio.gather(*map(gathering.get, ("a", "bb")), return_exceptions=True)
    assert all(isinstance(one, Away) for one in answers)
    assert len(store.asked) == 1
    store.away = False
    assert await gathering.get("a") == 1


async def test_who_gives_up_takes_the_answer_from_nobody(store: Lengths) -> None:
    gathering = Gathering(store, Away)
    store.go.clear()
    calls = [asyncio.create_task(gathering.get(key)) for key in ("a", "bb")]
    while not store.asked:
        await asyncio.sleep(0)
    calls[0].cancel()
    await asyncio.sleep(0)
    store.go.set()
    assert await calls[1] == 2
    with pytest.raises(asyncio.CancelledError):
        await calls[0]
