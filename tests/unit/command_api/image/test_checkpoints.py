"""How long a process waits for its disk, and how fast it writes to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from command_api.image.checkpoints import StoreLimits
from command_api.image.keeper import ImageKeeper
from command_api.image.store import Changes
from contracts.journal.acceptance import ReaderState
from contracts.journal.concealment import NO_SECRET
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import Position
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

LIMITS = StoreLimits(records_max=10, every_s=1e6, catching_up_max=20, ahead_max=40)


class HeldUpStore(SimulatedStore):
    """A store that writes when it is let."""

    def __init__(self) -> None:
        super().__init__(SimulatedDisk(), Random(0))
        self.let = asyncio.Event()
        self.leisure: list[bool] = []
        """For each write, whether it was at leisure."""

    async def write(self, changes: Changes, *, at_leisure: bool) -> None:
        self.leisure.append(at_leisure)
        await self.let.wait()
        await super().write(changes, at_leisure=at_leisure)


@pytest.fixture
async def store() -> HeldUpStore:
    return HeldUpStore()


@pytest.fixture
async def keeper(store: HeldUpStore, tmp_path: Path) -> AsyncIterator[ImageKeeper]:
    keeper = ImageKeeper(SqliteJournal(tmp_path / "journal"), NO_SECRET, store, LIMITS)
    await keeper.begin()
    yield keeper
    await keeper.close()


async def note(keeper: ImageKeeper, seq: int, *, caught_up: bool = True, leading: bool) -> bool:
    """Note one record. Return whether the process waits for the disk."""
    position = Position(seq, ReaderState(seq=seq))
    noting = asyncio.ensure_future(
        keeper.note_folded(position, caught_up=caught_up, leading=leading)
    )
    await asyncio.sleep(0)
    waits = not noting.done()
    if waits:
        noting.cancel()
    return waits


async def test_a_leader_never_waits_for_its_disk(keeper: ImageKeeper) -> None:
    for seq in range(1, 10 * LIMITS.ahead_max):
        assert not await note(keeper, seq, leading=True)


@pytest.mark.parametrize("caught_up", [False, True])
async def test_a_follower_waits_once_very_many_records_are_not_written(
    keeper: ImageKeeper, caught_up: bool
) -> None:
    frozen_at = LIMITS.records_max if caught_up else LIMITS.catching_up_max
    for seq in range(1, frozen_at + LIMITS.ahead_max):
        assert not await note(keeper, seq, caught_up=caught_up, leading=False)
    seq = frozen_at + LIMITS.ahead_max
    assert await note(keeper, seq, caught_up=caught_up, leading=False)


async def test_a_checkpoint_of_very_many_records_is_not_written_at_leisure(
    keeper: ImageKeeper, store: HeldUpStore
) -> None:
    await note(keeper, LIMITS.records_max, leading=True)
    await note(keeper, LIMITS.records_max + LIMITS.ahead_max, leading=True)
    store.let.set()
    while keeper.written_to < LIMITS.records_max:
        await asyncio.sleep(0)
    await note(keeper, LIMITS.records_max + LIMITS.ahead_max + 1, leading=True)
    await asyncio.sleep(0)
    assert store.leisure == [True, False]
