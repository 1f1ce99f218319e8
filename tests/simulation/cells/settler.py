"""The settler: follows the journals of all cells, and ends overlaps of one person between them by
the guest's own no (docs/scale.md)."""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Final

from command_api.domain.booking.commands import AnswerBooking
from command_api.domain.submission import Submission
from contracts.errors import CommandError
from contracts.journal.records import Commit
from tests.simulation.cells.attendances import (
    Attendance,
    CellAttendances,
    OverlapOfCells,
    find_overlaps,
)
from tests.simulation.invariants import accepted_commits
from tests.simulation.simulated.clients import insist_anywhere
from tests.simulation.simulated.cluster import Cluster

LOOK_S: Final = 1.0
KEY: Final = "overlap"

Cells = Mapping[str, Cluster]


class Settler:
    """One life of the settler. It keeps nothing: after a crash another one reads all again."""

    def __init__(self, cells: Cells, random: Random) -> None:
        self._cells = cells
        self._random = random
        self._attendances = {cell: CellAttendances(cell) for cell in cells}
        self._read = dict.fromkeys(cells, 0)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._follow()
            for overlap in self.overlaps():
                await self._settle(overlap)

    def overlaps(self) -> list[OverlapOfCells]:
        found = [one for cell in self._attendances.values() for one in cell.all()]
        return list(find_overlaps(found))

    def _follow(self) -> None:
        for name, cell in self._cells.items():
            for commit in new_commits(cell, self._read[name]):
                self._attendances[name].fold(commit)
                self._read[name] = commit.seq

    async def _settle(self, overlap: OverlapOfCells) -> None:
        """Give the no of the guest, until it is recorded or refused. What has begun is left."""
        yields = overlap.yields
        cell = self._cells[yields.cell]
        if min(yields.starts_at, overlap.stays.starts_at) <= cell.clock():
            return
        try:
            await insist_anywhere(cell, withdrawal(yields), self._random)
        except CommandError:
            return  # It is over, or the guest has left meanwhile.


def withdrawal(yields: Attendance) -> Submission:
    """Return the guest's no. The same attendance has the same key, whoever sends it."""
    assert yields.booking_id is not None
    key = f"{KEY}:{yields.cell}:{yields.booking_id}:{yields.position}"
    return Submission(
        id=key,
        actor=yields.person_id,
        idempotency_key=key,
        fingerprint=key,
        command=AnswerBooking(booking_id=yields.booking_id, my_status=False),
    )


def new_commits(cell: Cluster, after: int) -> list[Commit]:
    """Return the accepted commits of a cell behind a position."""
    return [one for one in accepted_commits(cell.journal.log) if one.seq > after]
