"""A rebuild says of each phase how long it may still take."""

from projector.rebuild.time_left import TimeLeft


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def line(phase: str, done: int, of: int) -> dict[str, str | int]:
    return {"phase": phase, "done": done, "of": of}


def test_what_was_done_before_says_nothing_of_the_pace() -> None:
    clock = Clock()
    time_left = TimeLeft(clock)
    clock.now = 7.0
    assert time_left.add_to(line("fill", 900, 1_000))["left_s"] is None
    clock.now = 9.0
    assert time_left.add_to(line("fill", 920, 1_000))["left_s"] == 8


def test_a_phase_begins_where_the_one_before_reported_last() -> None:
    clock = Clock()
    time_left = TimeLeft(clock)
    time_left.add_to(line("fill", 0, 10))
    clock.now = 5.0
    assert time_left.add_to(line("fill", 10, 10))["left_s"] == 0
    clock.now = 7.0
    assert time_left.add_to(line("indexes", 0, 4))["left_s"] is None
    clock.now = 8.0
    assert time_left.add_to(line("indexes", 1, 4))["left_s"] == 9
    assert time_left.add_to(line("journal", 5, 20)) == line("journal", 5, 20) | {"left_s": 0}


def test_more_than_was_guessed_leaves_nothing() -> None:
    assert TimeLeft(Clock()).add_to(line("people", 12, 10))["left_s"] == 0
