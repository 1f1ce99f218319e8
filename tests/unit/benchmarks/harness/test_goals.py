"""Goals: what a figure, or a ratio of two, reaches."""

import pytest

from benchmarks.harness.goals import GOALS, SpeedGoal, judge

AT_LEAST = SpeedGoal("rate", "ours", at_least=100)
OF_BARE = SpeedGoal("of bare", "ours", "bare", at_least=0.8)
TAIL = SpeedGoal("tail", "p99", "p50", at_most=2)


@pytest.mark.parametrize(
    ("goal", "values", "now", "reached"),
    [
        (AT_LEAST, {"ours": 100.0}, 100.0, True),
        (AT_LEAST, {"ours": 99.9}, 99.9, False),
        (OF_BARE, {"ours": 80.0, "bare": 100.0}, 0.8, True),
        (OF_BARE, {"ours": 79.0, "bare": 100.0}, 0.79, False),
        (TAIL, {"p99": 6.0, "p50": 3.0}, 2.0, True),
        (TAIL, {"p99": 6.3, "p50": 3.0}, 2.1, False),
        (SpeedGoal("timed", "seconds"), {"seconds": 5.0}, 5.0, None),
    ],
)
def test_a_figure_is_compared_with_its_limit(
    goal: SpeedGoal, values: dict[str, float], now: float, reached: bool | None
) -> None:
    verdict = judge(goal, values)
    assert verdict.now == pytest.approx(now)
    assert verdict.reached is reached


@pytest.mark.parametrize("values", [{}, {"ours": 1.0}, {"ours": 1.0, "bare": 0.0}])
def test_what_was_not_measured_reaches_nothing(values: dict[str, float]) -> None:
    assert judge(OF_BARE, values) == (OF_BARE, None, None)


def test_every_target_has_words_and_one_limit_at_most() -> None:
    assert len({one.what for one in GOALS}) == len(GOALS)
    assert [one for one in GOALS if one.at_least is not None and one.at_most is not None] == []
