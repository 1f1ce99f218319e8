"""Lines of the safety table that random runs rarely meet, each in a run of its own."""

from collections.abc import Callable

import pytest

from tests.simulation import clocks, directed

SEEDS = range(20)


@pytest.mark.parametrize(
    "situation",
    [
        directed.cut_off_leader,
        directed.oversize,
        directed.slow_broker,
        directed.truncated_log,
        directed.late_claim,
        directed.worn_out_writer,
        clocks.jump_under_load,
        clocks.inherited_date,
        clocks.set_right,
        clocks.told_late,
        clocks.wrong_from_the_start,
        clocks.woken_laptop,
    ],
    ids=lambda situation: situation.__name__,
)
def test_situation(situation: Callable[[int], None]) -> None:
    for seed in SEEDS:
        situation(seed)


def test_after_a_resignation_somebody_leads_within_a_second() -> None:
    assert max(directed.handed_over(seed) for seed in SEEDS) < 1.0


def test_without_a_rival_somebody_leads_soon_after_the_journal_is_back() -> None:
    assert max(directed.room_again(seed) for seed in SEEDS) < 3.0
