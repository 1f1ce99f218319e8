"""The lines of the safety table that a random run rarely meets, each in a run of its own."""

from collections.abc import Callable

import pytest

from tests.simulation import directed

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
        directed.wrong_clock,
    ],
    ids=lambda situation: situation.__name__,
)
def test_situation(situation: Callable[[int], None]) -> None:
    for seed in SEEDS:
        situation(seed)


def test_after_a_resignation_somebody_leads_within_a_second() -> None:
    assert max(directed.handed_over(seed) for seed in SEEDS) < 1.0
