"""The catalogue: which benchmarks a run takes."""

import inspect
from importlib import import_module

import pytest

from benchmarks.harness.catalogue import ROOMS, find_benchmarks


def test_each_benchmark_has_a_question_and_a_coroutine_that_takes_a_report() -> None:
    found = find_benchmarks()
    assert "writes.booking" in found
    for name, question in found.items():
        assert question.endswith("?"), name
        main = import_module(f"benchmarks.{name}").main
        assert inspect.iscoroutinefunction(main), name
        assert list(inspect.signature(main).parameters) == ["report"], name


def test_rooms_and_benchmarks_can_be_named() -> None:
    assert set(find_benchmarks(["writes"])) == {
        name for name in find_benchmarks() if name.startswith("writes.")
    }
    assert list(find_benchmarks(["writes.booking"])) == ["writes.booking"]


def test_rooms_come_in_their_order() -> None:
    rooms = [name.partition(".")[0] for name in find_benchmarks()]
    assert rooms == sorted(rooms, key=ROOMS.index)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(LookupError, match=r"writes\.nothing"):
        find_benchmarks(["writes.nothing"])
