"""Directed runs of one process that keeps its image on a disk: what may happen to the disk.

Afterwards the process knows exactly what the journal says, and wherever a checkpoint could not
be used, the file is set aside until a new one is whole.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final
from unittest.mock import patch

from command_api.image.store import StoreDamaged, StoreUnavailable
from contracts.journal.records import Claim, encode_record
from contracts.values.ids import AnnouncementId
from runtime.journal.port import JournalWriter
from tests.simulation.directed import EVENING, announce, insist, leader_of, request, until
from tests.simulation.invariants import Violation, accepted_commits, check_same_image, fold
from tests.simulation.simulated.cluster import Cluster
from tests.simulation.simulated.loop import SimulationLoop
from tests.simulation.simulated.store import SimulatedDisk, SimulatedStore

ALPHA: Final = "alpha"
ANNOUNCED: Final = 12

Situation = Callable[[Cluster, SimulatedDisk], Coroutine[Any, Any, None]]


def run_store(situation: Situation, seed: int, *, renews: bool = False) -> Cluster:
    """Run a situation in a cell of one process, and check its image at the end."""
    cluster = Cluster(SimulationLoop(seed), (ALPHA,), on_disk=True, renews=renews)

    async def live() -> None:
        cluster.start_all()
        await situation(cluster, cluster.disks[ALPHA])
        await leader_of(cluster)
        node = cluster.nodes[ALPHA]
        await until(lambda: node.tail.seen_offset == len(cluster.journal.log) - 1, "news")
        check_image(cluster)

    cluster.loop.run(live(), max_steps=5_000_000)
    return cluster


def check_image(cluster: Cluster) -> None:
    commits = accepted_commits(cluster.journal.log)
    check_same_image(ALPHA, cluster.nodes[ALPHA].image, fold(commits), commits)


async def announce_some(cluster: Cluster, prefix: str, count: int = ANNOUNCED) -> None:
    """Announce drafts, one after another, in names that begin with `prefix`."""
    for number in range(count):
        name = f"{prefix}-{number}"
        wish = announce(cluster, name, evening=AnnouncementId(name), publish=False)
        await insist(cluster, ALPHA, wish)


async def restart(cluster: Cluster) -> None:
    cluster.crash(ALPHA)
    await asyncio.sleep(0.1)
    cluster.start(ALPHA)


async def wait_for_writes(disk: SimulatedDisk, count: int = 1) -> None:
    written = disk.writes
    await until(lambda: disk.writes >= written + count, "checkpoint")


def crash_between_freeze_and_write(seed: int) -> None:
    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        before = disk.contents.checkpoint
        disk.write_s = (50.0, 60.0)
        await announce_some(cluster, "second")
        await restart(cluster)
        if disk.contents.checkpoint != before:
            raise Violation("the write was not interrupted")

    run_store(situation, seed)


def torn_write(seed: int) -> None:
    """A value on disk is not what was written, and is met sooner or later."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        for table in disk.contents.values:
            for key in table:
                table[key] = b"torn"
        await restart(cluster)
        await announce_some(cluster, "second")

    run_store(situation, seed)


def stale_file(seed: int) -> None:
    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        old = disk.copy()
        await announce_some(cluster, "second")
        await wait_for_writes(disk)
        cluster.crash(ALPHA)
        disk.contents = old
        cluster.start(ALPHA)
        await announce_some(cluster, "third")

    run_store(situation, seed)


def write_strangers_checkpoint(seed: int) -> SimulatedDisk:
    """Return the disk of a process of another cell, with a checkpoint at a like position."""

    async def stranger(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "theirs", ANNOUNCED + seed % 5)
        await wait_for_writes(disk)

    return run_store(stranger, seed + 1).disks[ALPHA]


def other_journal(seed: int) -> None:
    """The file was written by a process of another cell."""

    theirs = write_strangers_checkpoint(seed)

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "ours", 2 * ANNOUNCED)
        cluster.crash(ALPHA)
        disk.contents = theirs.copy()
        cluster.start(ALPHA)
        await announce_some(cluster, "later")
        await wait_for_writes(disk, 2)
        if disk.set_aside is not None:
            raise Violation("the file that was set aside is still there")

    run_store(situation, seed)


def ahead_of_the_journal(seed: int) -> None:
    """The journal has lost its end, with the record of the checkpoint."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        await announce_some(cluster, "second")
        await wait_for_writes(disk)
        cluster.crash(ALPHA)
        cluster.journal.truncate(len(cluster.journal.log) // 2)
        cluster.start(ALPHA)
        await announce_some(cluster, "third")

    run_store(situation, seed)


def other_version(seed: int) -> None:
    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        disk.contents.version = "of last year"
        await restart(cluster)
        await announce_some(cluster, "second")

    run_store(situation, seed)


def full_disk(seed: int) -> None:
    """The process goes on deciding, says what is wrong, and recovers."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        disk.full = True
        await announce_some(cluster, "second")
        keeper = cluster.nodes[ALPHA].keeper
        await until(lambda: keeper.problem, "alarm")
        await announce_some(cluster, "third")
        check_image(cluster)
        disk.full = False
        await until(lambda: keeper.problem is None, "recovery")
        await restart(cluster)

    run_store(situation, seed)


def full_disk_at_the_start(seed: int) -> None:
    """A process that has very much to read goes on reading although it can write nothing."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first", 4 * ANNOUNCED)
        disk.contents.version = "of last year"
        disk.full = True
        await restart(cluster)
        await announce_some(cluster, "second")
        check_image(cluster)
        disk.full = False
        keeper = cluster.nodes[ALPHA].keeper
        await until(lambda: keeper.problem is None, "recovery")

    run_store(situation, seed)


def undeletable_file(seed: int) -> None:
    """What was set aside cannot be deleted. Checkpoints are written all the same."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        refusal = StoreUnavailable("read-only")
        with patch.object(SimulatedStore, "delete_set_aside", side_effect=refusal):
            await announce_some(cluster, "first")
            await wait_for_writes(disk)
            await announce_some(cluster, "second")
            keeper = cluster.nodes[ALPHA].keeper
            await until(lambda: keeper.written_to > ANNOUNCED, "checkpoint")
            if keeper.problem is not None:
                raise Violation("a checkpoint that was written counts as not written")

    run_store(situation, seed)


def damage_during_a_late_start(seed: int) -> None:
    """An old Claim of the process lands, and before it leads, its image proves to be damaged."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await leader_of(cluster)
        node = cluster.nodes[ALPHA]
        disk.set_aside_s = 3.0
        state = node.tail.position.state
        claim = Claim(state.term + 1, state.seq + 1, state.hash, "late", ALPHA)
        writer = await node._journal.open_writer()
        open_writer = node._journal.open_writer

        async def open_writer_slowly() -> JournalWriter:
            await asyncio.sleep(1.0)
            return await open_writer()

        with patch.object(node._journal, "open_writer", open_writer_slowly):
            node._claims["late"] = cluster.loop.time()
            writer.append(encode_record(claim))
            await until(lambda: node._late_start, "late start")
            assert node.keeper._store is not None
            node.keeper._store.damage = StoreDamaged("torn")  # type: ignore[misc]
            for _ in range(100):
                await asyncio.sleep(0.05)
                if node.leading and node.image.seq <= state.seq:
                    raise Violation("leads on an image that does not hold its Claim")

    run_store(situation, seed)


def slow_disk(seed: int) -> None:
    """Nobody waits for a write."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        disk.write_s = (500.0, 600.0)
        began_at = cluster.loop.time()
        await announce_some(cluster, "first", 4 * ANNOUNCED)
        if cluster.loop.time() - began_at > 200.0:
            raise Violation("commands waited for the disk")
        check_image(cluster)
        await wait_for_writes(disk)

    run_store(situation, seed)


def cold_evening(seed: int) -> None:
    """An announcement of which nothing is in memory any more is decided like a hot one."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await insist(cluster, ALPHA, announce(cluster, "cold"))
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        await restart(cluster)
        await leader_of(cluster)
        again = await insist(cluster, ALPHA, announce(cluster, "cold"))
        if not again.replayed:
            raise Violation("the key was not found on disk")
        if EVENING in cluster.nodes[ALPHA].image.accepted.announcements.own:
            raise Violation("the announcement was to be cold")
        requested = await insist(cluster, ALPHA, request())
        if requested.outcome.code != "booking_requested":
            raise Violation(f"a request for a cold announcement: {requested.outcome.code}")
        unannounced = await insist(cluster, ALPHA, announce(cluster, "once more"))
        if unannounced.outcome.code != "unchanged":
            raise Violation("a cold announcement was announced twice")

    run_store(situation, seed)


SITUATIONS: Final = (
    crash_between_freeze_and_write,
    torn_write,
    stale_file,
    other_journal,
    ahead_of_the_journal,
    other_version,
    full_disk,
    full_disk_at_the_start,
    undeletable_file,
    damage_during_a_late_start,
    slow_disk,
    cold_evening,
)
