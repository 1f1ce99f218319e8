"""Which worker is given which file."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.distribution import LONGEST_FILES, LONGEST_FIRST, FromBothEnds, rank
from tests.paths import ROOT

TESTS = ["a.py::1", "a.py::2", "a.py::3", "b.py::1", "b.py::2", "b.py::3", "c.py::1", "d.py::1"]


class RecordingWorker:
    """A worker that does what it is given when the test says so."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.shutting_down = False
        self.given: list[str] = []

    def send_runtest_some(self, indexes: list[int]) -> None:
        self.given += [TESTS[index] for index in indexes]

    def shutdown(self) -> None:
        self.shutting_down = True


def schedule(count: int) -> tuple[FromBothEnds, list[RecordingWorker]]:
    option = SimpleNamespace(loadscopereorder=True)
    config: Any = SimpleNamespace(option=option, getvalue=lambda _: [f"{count}*popen"])
    scheduler = FromBothEnds(config)
    workers = [RecordingWorker(f"gw{number}") for number in range(count)]
    for one in workers:
        scheduler.add_node(one)
    for one in workers:
        scheduler.add_node_collection(one, TESTS)
    scheduler.schedule()
    return scheduler, workers


def test_workers_begin_at_both_ends() -> None:
    _, (first, second) = schedule(2)
    assert first.given[:3] == TESTS[:3]
    assert second.given[0] == "d.py::1"
    assert second.given[1] == "c.py::1"


def test_every_test_is_given_once() -> None:
    scheduler, workers = schedule(3)
    while scheduler.has_pending:
        for one in workers:
            done = scheduler.assigned_work[one]
            for file in list(done.values()):
                for test in [name for name, is_done in file.items() if not is_done]:
                    scheduler.mark_test_complete(one, TESTS.index(test))
    assert sorted(test for one in workers for test in one.given) == TESTS
    assert all(one.shutting_down for one in workers)


def test_whole_systems_come_before_units() -> None:
    files = ["unit/a.py", "e2e/b.py", "tidy/c.py", "integration/d.py", LONGEST_FILES[0]]
    assert [one.split("/")[0] for one in sorted(files, key=rank)] == [
        LONGEST_FILES[0].split("/")[0],
        "e2e",
        "integration",
        "unit",
        "tidy",
    ]


@pytest.mark.parametrize("name", [*LONGEST_FIRST, *LONGEST_FILES])
def test_what_is_named_exists(name: str) -> None:
    assert (ROOT / "tests" / name).exists()
