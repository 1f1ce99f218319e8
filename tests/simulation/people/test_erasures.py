"""Erasures over crashes, pauses and outages, and very many of them at once."""

from tests.simulation.people.erasures import many_at_once
from tests.simulation.scenario import run_with_erasures

SEEDS = 60


def test_no_erasure_is_lost_or_breaks_a_rule_whatever_happens() -> None:
    for seed in range(SEEDS):
        run_with_erasures(seed)


def test_ten_thousand_erasures_at_once_stop_nobody() -> None:
    many_at_once(0)
