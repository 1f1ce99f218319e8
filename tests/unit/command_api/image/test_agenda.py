"""Which deadlines the agenda keeps in memory if it has a store."""

from datetime import timedelta
from random import Random

from command_api.image.agenda import Agenda
from command_api.image.image import Image
from contracts.journal.acceptance import ReaderState
from runtime.journal.tail import Position
from tests.histories.stated import BEGIN, StatedHistory
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

STARTS = {"soon": 0.5, "later": 5.0, "far": 500.0}


def write_evenings() -> Agenda:
    """Return the agenda of an image that knows an evening for each of `STARTS`, all written."""
    disk = SimulatedDisk()
    image = Image(SimulatedStore(disk, Random(0)))
    assert list(image.agenda.list_due(BEGIN)) == []
    history = StatedHistory()
    for name, starts in STARTS.items():
        history.announce(0, name, author="ada", seats=2, starts=starts)
    for commit in history.commits:
        image.fold(commit)
    disk.put(image.freeze(Position(image.seq, ReaderState(seq=image.seq))))
    image.settle()
    return image.agenda


def list_due(agenda: Agenda, hours: float) -> list[str]:
    return sorted(one.id for one in agenda.list_due(BEGIN + timedelta(hours=hours)))


def test_a_far_deadline_that_is_written_is_not_in_memory() -> None:
    agenda = write_evenings()
    assert set(agenda._by_id) == {"soon"}


def test_a_far_deadline_is_read_when_its_time_has_come() -> None:
    agenda = write_evenings()
    assert list_due(agenda, 1) == ["soon"]
    assert list_due(agenda, 4.9) == ["soon"]
    assert list_due(agenda, 5) == ["later", "soon"]
    assert "far" not in agenda._by_id
    assert list_due(agenda, 500) == ["far", "later", "soon"]
