"""Random runs of a whole cell: `make simulate SEEDS=n` runs as many as you like."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from os import cpu_count
from typing import Final

import pytest

from command_api.leader.reign import Reign
from contracts.journal.records import Record, decode_record, encode_record, hash_record
from tests.simulation.__main__ import attempt
from tests.simulation.planted import PLANTED, SEEDS_MAX, PlantedBug, find, first_line
from tests.simulation.scenario import run_seed, run_with_chats

SEEDS: Final = SEEDS_MAX
"""As many as a planted bug has to be found in: the rarest one is found in the 148th."""


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


def test_a_recalled_record_equals_the_decoded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leader does not decode the records that it has made (`Reign.recall`)."""
    recall = Reign.recall
    recalled: set[type[Record]] = set()

    def recall_checked(reign: Reign, record_hash: str) -> Record | None:
        record = recall(reign, record_hash)
        if record is not None:
            payload = encode_record(record)
            assert hash_record(payload) == record_hash
            assert decode_record(payload) == record
            recalled.add(type(record))
        return record

    monkeypatch.setattr(Reign, "recall", recall_checked)
    for seed in range(3):
        run_seed(seed)
        run_with_chats(seed)
    assert len(recalled) > 1


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: PlantedBug) -> None:
    found = find(bug)
    assert found is not None, f"no seed shows that {bug.name} ({bug.rule})"
    seed, failure = found
    print(f"{bug.name} ({bug.rule}): seed {seed}, {first_line(failure)}")
