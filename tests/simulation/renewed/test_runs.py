"""The journal is renewed while clients write and things go wrong."""

from collections.abc import Callable

import pytest

from tests.simulation.renewed import runs

RANDOM_SEEDS = range(100)
DIRECTED_SEEDS = range(30)


def test_every_seed_holds() -> None:
    """Nothing acknowledged is lost or changed, whatever interrupts a renewal; every process
    goes on in the new journal, and the old one goes."""
    for seed in RANDOM_SEEDS:
        runs.run_renewals(seed)


@pytest.mark.parametrize(
    "situation",
    [
        runs.interrupted,
        runs.failed,
        runs.slept_through,
        runs.other_renewed_journal,
        runs.woken_leader,
        runs.restarted_after,
        runs.cut_off_leader,
    ],
    ids=lambda situation: situation.__name__,
)
def test_situation(situation: Callable[[int], None]) -> None:
    for seed in DIRECTED_SEEDS:
        situation(seed)
