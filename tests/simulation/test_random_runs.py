"""Random runs of a whole cell: `make simulate SEEDS=n` runs as many as you like."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count

import pytest

from tests.simulation.__main__ import attempt
from tests.simulation.planted import PLANTED, PlantedBug, find, first_line
from tests.simulation.scenario import run_seed

SEEDS = 2_000


@pytest.mark.timeout(600)
def test_every_seed_holds() -> None:
    """Nothing acknowledged is lost or doubled, no evening is over-booked, nobody is at two
    evenings, all processes agree with the journal, over crashes, pauses and outages."""
    with ProcessPoolExecutor(cpu_count(), mp_context=get_context("spawn")) as pool:
        failures = [
            f"make simulate SEED={seed}\n{failure}"
            for seed, failure, _ in pool.map(attempt, range(SEEDS), chunksize=20)
            if failure is not None
        ]
    assert not failures, "\n".join(failures)


def test_a_seed_does_the_same_again() -> None:
    assert {run_seed(7).trace for _ in range(3)} == {run_seed(7).trace}


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: PlantedBug) -> None:
    found = find(bug)
    assert found is not None, f"no seed shows that {bug.name} ({bug.rule})"
    seed, failure = found
    print(f"{bug.name} ({bug.rule}): seed {seed}, {first_line(failure)}")
