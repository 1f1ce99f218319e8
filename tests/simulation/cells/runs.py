"""Runs two cells with the same people and a settler beside them, while things go wrong."""

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Final

from contracts.journal.concealment import conceal_idempotency_key
from contracts.journal.records import Commit
from tests.simulation import invariants
from tests.simulation.cells.attendances import (
    Attendance,
    CellAttendances,
    OverlapOfCells,
    find_overlaps,
)
from tests.simulation.cells.settler import Cells, Settler, withdrawal
from tests.simulation.directed import until
from tests.simulation.invariants import Violation, accepted_commits
from tests.simulation.simulated.chaos import Chaos
from tests.simulation.simulated.clients import Population
from tests.simulation.simulated.cluster import Cluster
from tests.simulation.simulated.journal import Faults
from tests.simulation.simulated.loop import SimulationLoop

NAMES: Final = {"msk": ("m1", "m2"), "spb": ("s1", "s2")}
SETTLER: Final = "settler"
CLIENTS: Final = 3
WISHES: Final = 14
FAULTS: Final = Faults(
    straggle=0.02, straggle_s=(0.5, 20.0), lost_ack=0.01, gap=0.01, duplicate=0.02
)


class TwoCells:
    """Two cells and what became of them."""

    def __init__(self, seed: int, *, settles: bool = True) -> None:
        self.loop = SimulationLoop(seed)
        self.cells: Cells = {
            name: Cluster(self.loop, processes, faults=FAULTS, projector=f"projector of {name}")
            for name, processes in NAMES.items()
        }
        self.settled = 0
        """How many seats a settler gave up."""
        self._settles = settles

    def run(self) -> "TwoCells":
        self.loop.run(self._run(), max_virtual_s=6 * 3600.0, max_steps=5_000_000)
        return self

    async def _run(self) -> None:
        random = self.loop.random
        populations = []
        async with asyncio.TaskGroup() as living:
            for cell in self.cells.values():
                cell.start_all()
                cell.start_projector()
                population = Population(cell, random)
                populations.append(population)
                for _ in range(CLIENTS):
                    living.create_task(population.live(WISHES))
                living.create_task(self._rage(cell))
            if self._settles:
                living.create_task(self._crash_settler(random))
        if self._settles:
            await until(lambda: not self.open_overlaps(), "end of all overlaps")
        commits = {name: accepted_commits(cell.journal.log) for name, cell in self.cells.items()}
        for population, of_cell in zip(populations, commits.values(), strict=True):
            # Each cell holds by itself, whatever happens in the other one and between them.
            invariants.check_answers(population.told, of_cell)
            invariants.check_keys(of_cell)
            invariants.check_every_prefix(of_cell)
        self.settled = check_settlements(commits)

    async def _rage(self, cell: Cluster) -> None:
        chaos = Chaos(cell, self.loop.random)
        await chaos.rage(self.loop.random.randint(0, 3))
        chaos.mend()

    async def _crash_settler(self, random: Random) -> None:
        """Let the settler die now and then; the last life goes on to the end."""
        for _ in range(4):
            self.loop.crash(SETTLER)
            self.loop.spawn(SETTLER, Settler(self.cells, random).run())
            await asyncio.sleep(random.uniform(2.0, 15.0))

    def open_overlaps(self) -> list[OverlapOfCells]:
        """Return the overlaps of evenings that have not begun."""
        found: list[Attendance] = []
        for name, cell in self.cells.items():
            of_cell = CellAttendances(name)
            for commit in accepted_commits(cell.journal.log):
                of_cell.fold(commit)
            found += of_cell.all()
        now = max(cell.clock() for cell in self.cells.values())
        return [
            one
            for one in find_overlaps(found)
            if min(one.stays.starts_at, one.yields.starts_at) > now
        ]


def check_settlements(commits: dict[str, list[Commit]]) -> int:
    """Check that no seat was given up without an overlap, and return how many were.

    At the record of each no, the other attendance was known: it had been there before.
    """
    ever = {name: _ever_engaged(name, of_cell) for name, of_cell in commits.items()}
    keys = {
        conceal_idempotency_key(withdrawal(one).idempotency_key): one
        for engaged in ever.values()
        for one in engaged
        if one.booking_id is not None
    }
    count = 0
    for of_cell in commits.values():
        for commit in of_cell:
            given_up = keys.get(commit.command.idempotency_key)
            if given_up is None or commit.outcome.refused or not commit.events:
                continue
            count += 1
            others = (one for name in ever if name != given_up.cell for one in ever[name])
            if not _had_to_yield(given_up, others):
                raise Violation(f"{given_up} was given up for nothing")
    return count


def _had_to_yield(given_up: Attendance, others: Iterable[Attendance]) -> bool:
    return any(
        overlap.yields == given_up
        for other in others
        for overlap in find_overlaps((given_up, other))
    )


def _ever_engaged(name: str, commits: list[Commit]) -> set[Attendance]:
    of_cell, ever = CellAttendances(name), set[Attendance]()
    for commit in commits:
        of_cell.fold(commit)
        ever.update(of_cell.all())
    return ever
