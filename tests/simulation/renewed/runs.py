"""Runs in which the journal is renewed while everything goes on, and goes wrong."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final
from unittest.mock import patch

import msgspec
from msgspec.structs import replace

from command_api.renewal.copying import Copy, CopyFailed
from contracts.errors import NoLeader
from contracts.events.stored.erasing import erase_stored_words
from contracts.journal.records import Commit, Moved, Record, Renewal, Resign, encode_record
from contracts.journal.renewal_acts import END_RENEWAL, RENEW
from contracts.values.ids import PersonId
from tests.simulation.directed import announce, insist, leader_of, request, until
from tests.simulation.disks.situations import (
    ALPHA,
    ANNOUNCED,
    announce_some,
    run_store,
    wait_for_writes,
    write_strangers_checkpoint,
)
from tests.simulation.invariants import Violation, accepted, accepted_commits
from tests.simulation.scenario import erase_people, run_cell
from tests.simulation.simulated.clients import Population
from tests.simulation.simulated.cluster import Cluster
from tests.simulation.simulated.journal import closed_for
from tests.simulation.simulated.loop import SimulationLoop
from tests.simulation.simulated.store import SimulatedDisk

PAUSE_S: Final = (1.0, 25.0)
ATTEMPTS: Final = (1, 4)
LEFTOVERS: Final = 200


def run_renewals(seed: int) -> SimulationLoop:
    """Raises what went wrong. Some renewals are interrupted, and some are finished by others."""
    cluster = run_cell(seed, renews=True, beside=partial(_renew_and_erase, seed))
    check_carried(cluster)
    return cluster.loop


async def _renew_and_erase(seed: int, cluster: Cluster, population: Population) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_renew_now_and_then(cluster))
        if seed % 2:
            tasks.create_task(erase_people(seed, cluster, population))


async def _renew_now_and_then(cluster: Cluster) -> None:
    random = cluster.loop.random
    for _ in range(random.randint(*ATTEMPTS)):
        await asyncio.sleep(random.uniform(*PAUSE_S))
        for name in cluster.leaders():
            await begin_renewal(cluster, name)


def begin_renewal(cluster: Cluster, name: str) -> asyncio.Task[None]:
    """Begin a renewal in the process, if it leads. A paused process does so when it goes on."""

    async def begin() -> None:
        with suppress(NoLeader, KeyError):
            cluster.renewals[name].begin()

    return cluster.loop.spawn(name, begin())


def interrupted(seed: int) -> None:
    """The leader dies at some moment of a renewal. It is finished, or it was never begun."""

    async def live(cluster: Cluster) -> None:
        random = cluster.loop.random
        cluster.start_all()
        leader = await leader_of(cluster)
        await insist(cluster, leader, announce(cluster))
        leader = await leader_of(cluster)
        await begin_renewal(cluster, leader)
        await asyncio.sleep(random.uniform(0.0, 0.5))
        cluster.crash(leader)
        if random.random() < 0.5:  # Whoever finishes it may die as well.
            await asyncio.sleep(random.uniform(0.0, 12.0))
            cluster.crash(random.choice(cluster.running()))
        for name in cluster.names:
            if name not in cluster.running():
                cluster.start(name)
        await insist(cluster, cluster.names[0], request())
        await until(lambda: len(cluster.journal.logs) == 1, "single log")
        check_carried(cluster)
        check_recorded(cluster)

    cluster = Cluster(SimulationLoop(seed), renews=True)
    cluster.loop.run(live(cluster), max_steps=5_000_000)


def failed(seed: int) -> None:
    """A renewal meets an error, and its leader goes on leading. The next one succeeds."""

    async def live(cluster: Cluster) -> None:
        cluster.start_all()
        await insist(cluster, await leader_of(cluster), announce(cluster))
        before = cluster.journal.log
        with patch.object(Copy, "begin", side_effect=CopyFailed("no room")):
            await begin_renewal(cluster, await leader_of(cluster))
            await until(lambda: bool(read_ends(cluster)), "recorded end")
        if read_ends(cluster) != ["failed"]:
            raise Violation(f"the renewal {read_ends(cluster)}")
        await renew(cluster)
        if cluster.journal.log is before:
            raise Violation("not renewed")
        check_recorded(cluster)

    cluster = Cluster(SimulationLoop(seed), renews=True)
    cluster.loop.run(live(cluster), max_steps=5_000_000)


def slept_through(seed: int) -> None:
    """A process comes back with a checkpoint from two renewals ago, and need not fold anew."""

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "first")
        await wait_for_writes(disk)
        old = disk.copy()
        for name in ("second", "third"):
            await renew(cluster)
            await announce_some(cluster, name)
        cluster.crash(ALPHA)
        disk.contents = old
        cluster.start(ALPHA)
        await announce_some(cluster, "fourth")
        if disk.set_aside is not None:
            raise Violation("the checkpoint was set aside")

    run_store(situation, seed, renews=True)


def other_renewed_journal(seed: int) -> None:
    """The checkpoint is of another cell, whose journal had records at the same positions."""

    theirs = write_strangers_checkpoint(seed)

    async def situation(cluster: Cluster, disk: SimulatedDisk) -> None:
        await announce_some(cluster, "ours", 2 * ANNOUNCED)
        await renew(cluster)
        cluster.crash(ALPHA)
        disk.contents = theirs.copy()
        cluster.start(ALPHA)
        await announce_some(cluster, "later")

    run_store(situation, seed, renews=True)


def woken_leader(seed: int) -> None:
    """A leader is frozen, others lead and renew the journal, and it begins a renewal, or goes on
    with one, before it knows of that. It must not drop the log in force."""

    async def live(cluster: Cluster) -> None:
        cluster.start_all()
        old = await leader_of(cluster)
        await insist(cluster, old, announce(cluster))
        if seed % 2:
            await begin_renewal(cluster, old)
            await asyncio.sleep(cluster.loop.random.uniform(0.0, 0.003))
        cluster.loop.pause(old)
        await until(lambda: len(cluster.leaders()) == 2, "second leader")
        new = next(name for name in cluster.leaders() if name != old)
        before = cluster.journal.log
        await begin_renewal(cluster, new)
        await until(lambda: cluster.journal.log is not before, "renewed journal")
        in_force = cluster.journal.log
        begun = begin_renewal(cluster, old)
        cluster.loop.resume(old)
        await begun
        await asyncio.sleep(cluster.loop.random.uniform(0.0, 60.0))
        if in_force in cluster.journal.dropped:
            raise Violation("the log in force was dropped")
        await insist(cluster, cluster.names[0], request())
        check_carried(cluster)

    cluster = Cluster(SimulationLoop(seed), renews=True)
    cluster.loop.run(live(cluster), max_steps=5_000_000)


def restarted_after(seed: int) -> None:
    """All processes start anew right after a renewal. The closed log is still there. It has many
    entries that do not count, so it is longer than the one in force."""

    async def live(cluster: Cluster) -> None:
        cluster.start_all()
        leader = await leader_of(cluster)
        await insist(cluster, leader, announce(cluster))
        closed = cluster.journal.log
        await begin_renewal(cluster, await leader_of(cluster))
        await until(lambda: cluster.journal.log is not closed, "renewed journal")
        for entry in closed[:1] * LEFTOVERS:
            cluster.journal.land(leader, 1, entry.payload)
        for name in cluster.names:
            cluster.crash(name)
        for name in cluster.names:
            cluster.start(name)
        await insist(cluster, cluster.names[0], request())
        check_carried(cluster)

    cluster = Cluster(SimulationLoop(seed), renews=True)
    cluster.loop.run(live(cluster), max_steps=5_000_000)


def cut_off_leader(seed: int) -> None:
    """The leader is cut off for a moment while the closed log is still there, and is asked to renew
    while it looks for its place. It must not take the closed log for the one in force."""

    async def live(cluster: Cluster) -> None:
        cluster.start_all()
        await insist(cluster, await leader_of(cluster), announce(cluster))
        closed = cluster.journal.log
        await begin_renewal(cluster, await leader_of(cluster))
        await until(lambda: cluster.journal.log is not closed, "renewed journal")
        leader, in_force = await leader_of(cluster), cluster.journal.log
        cluster.journal.down(leader)
        await until(lambda: not cluster.nodes[leader].tail.available, "cut-off reader")
        cluster.journal.up(leader)
        await asyncio.sleep(cluster.loop.random.uniform(0.45, 0.55))
        await begin_renewal(cluster, leader)
        await asyncio.sleep(60.0)
        if in_force in cluster.journal.dropped and closed_for(in_force) is None:
            raise Violation("the log in force was dropped")
        await insist(cluster, cluster.names[0], request())
        check_carried(cluster)

    cluster = Cluster(SimulationLoop(seed), renews=True)
    cluster.loop.run(live(cluster), max_steps=5_000_000)


async def renew(cluster: Cluster) -> None:
    """Renew the journal of a cell in which nothing goes wrong."""
    before = cluster.journal.log
    await begin_renewal(cluster, await leader_of(cluster))
    await until(lambda: cluster.journal.log is not before, "renewed journal")
    await until(lambda: len(cluster.journal.logs) == 1, "single log")
    await leader_of(cluster)
    check_recorded(cluster)


def check_recorded(cluster: Cluster) -> None:
    """Check that it is recorded of every renewal that was begun how it ended, once and truly."""
    log = cluster.journal.log
    generation = next(
        (one.record.generation for one in accepted(log) if isinstance(one.record, Renewal)), 1
    )
    commits = accepted_commits(log)
    begun = [one.outcome.facts for one in commits if one.command.kind == RENEW]
    ended = [one.outcome.facts for one in commits if one.command.kind == END_RENEWAL]
    if [one["to"] for one in begun] != [one["to"] for one in ended]:
        raise Violation(f"begun: {begun}, ended: {ended}")
    done = [one["to"] for one in ended if one["ended"] == "done"]
    if done[-1:] != ([] if generation == 1 else [generation]):
        raise Violation(f"generation {generation} is in use, and done are {done}")


def read_ends(cluster: Cluster) -> list[str]:
    """Return how the renewals ended, as the journal has it."""
    commits = accepted_commits(cluster.journal.log)
    return [one.outcome.facts["ended"] for one in commits if one.command.kind == END_RENEWAL]


def check_carried(cluster: Cluster) -> int:
    """Check that every closed log went on in one that has the same records, but for texts.
    Returns how many were closed."""
    logs = [*cluster.journal.dropped, *cluster.journal.logs.values()]
    folded = [[one.record for one in accepted(log)] for log in logs if log]
    by_generation = {one[0].generation: one[1:] for one in folded if isinstance(one[0], Renewal)}
    closed = [records for records in folded if records and isinstance(records[-1], Moved)]
    for records in closed:
        moved = records[-1]
        assert isinstance(moved, Moved)
        carried = by_generation[moved.generation]
        old = [one for one in records if not isinstance(one, Renewal)]
        for before, after in zip(old, carried, strict=False):
            if _kept(before) != _kept(after):
                raise Violation(f"record {before.seq} was carried over as {after}")
        if len(carried) < len(old):
            raise Violation(f"{len(old) - len(carried)} records were not carried over")
    return len(closed)


class Everybody(Collection[PersonId]):
    """All persons there may be."""

    def __contains__(self, _: object) -> bool:
        return True

    def __iter__(self) -> Iterator[PersonId]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


def _kept(record: Record) -> Any:
    """Return what a renewal must not change."""
    if isinstance(record, Moved):
        record = Resign(record.term, record.seq, "")
    if isinstance(record, Commit):
        actor = PersonId(record.command.actor)
        events = [erase_stored_words(one, actor, Everybody()) for one in record.events]
        record = replace(record, events=tuple(events))
    kept = msgspec.json.decode(encode_record(record))
    for name in ("carried", "prev_hash", "nonce"):
        kept.pop(name, None)
    return kept
