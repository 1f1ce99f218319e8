"""What may happen to the disk on which a process keeps its image, each in runs of its own."""

from collections.abc import Callable

import pytest

from tests.simulation.disks.situations import SITUATIONS

SEEDS = range(8)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.__name__)
def test_situation(situation: Callable[[int], None]) -> None:
    for seed in SEEDS:
        situation(seed)
