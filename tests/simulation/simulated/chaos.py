"""Breaks parts of a simulated cell, drawn from the seed."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from tests.simulation.simulated.cluster import Cluster
from tests.simulation.simulated.store import Contents

DAY_MS: Final = 24 * 3600 * 1000


class Chaos:
    """Breaks things for a while, one after another, and mends everything in the end."""

    def __init__(self, cluster: Cluster, random: Random) -> None:
        self._cluster = cluster
        self._random = random
        self._acts: list[Callable[[], Awaitable[None]]] = [
            self._crash_one,
            self._crash_the_leader,
            self._pause_the_leader,
            self._pause_one,
            self._stop_the_broker,
            self._cut_one_off,
            self._split_the_network,
            self._slow_broker,
            self._set_a_clock,
            self._crash_the_projector,
        ]
        if cluster.disks:
            self._acts += [
                self._fill_a_disk,
                self._slow_disk_down,
                self._damage_a_disk,
                self._bring_an_old_checkpoint_back,
                self._start_from_a_copy,
            ]

    async def rage(self, acts: int) -> None:
        for _ in range(acts):
            await asyncio.sleep(self._random.uniform(0.5, 15.0))
            await self._random.choice(self._acts)()

    def mend(self) -> None:
        """Make everything work from now on, though what was sent before may still land."""
        cluster = self._cluster
        cluster.network.heal()
        cluster.network.loss = 0.0
        faults = cluster.journal.faults
        faults.straggle = faults.lost_ack = faults.gap = faults.duplicate = faults.hung = 0.0
        faults.append_extra_s = 0.0
        cluster.journal.up()
        for name in cluster.names:
            cluster.journal.up(name)
            if name in cluster.disks:
                cluster.disks[name].mend()
            cluster.loop.set_clock(name, 0)
            cluster.loop.resume(name)
            if name not in cluster.running():
                cluster.start(name)

    async def _crash_one(self) -> None:
        await self._crash(self._random.choice(self._cluster.names))

    async def _crash_the_leader(self) -> None:
        for name in self._cluster.leaders():
            await self._crash(name)

    async def _crash(self, name: str) -> None:
        self._cluster.crash(name)
        await asyncio.sleep(self._random.choice((0.1, 3.0, 20.0)))
        if name not in self._cluster.running():
            self._cluster.start(name)

    async def _crash_the_projector(self) -> None:
        for _ in range(self._random.randint(1, 20)):
            self._cluster.crash_projector()
            await asyncio.sleep(self._random.choice((0.01, 0.1, 1.0)))
            self._cluster.start_projector()
            await asyncio.sleep(self._random.uniform(0.0, 1.0))

    async def _pause_the_leader(self) -> None:
        for name in self._cluster.leaders():
            await self._pause(name)

    async def _pause_one(self) -> None:
        if running := self._cluster.running():
            await self._pause(self._random.choice(running))

    async def _pause(self, name: str) -> None:
        """Freeze a process for up to a minute; then it goes on as if nothing had happened."""
        self._cluster.loop.pause(name)
        await asyncio.sleep(self._random.choice((1.0, 8.0, 20.0, 60.0)))
        self._cluster.loop.resume(name)

    async def _stop_the_broker(self) -> None:
        self._cluster.journal.down()
        await asyncio.sleep(self._random.choice((0.5, 5.0, 30.0)))
        self._cluster.journal.up()

    async def _cut_one_off(self) -> None:
        name = self._random.choice(self._cluster.names)
        self._cluster.journal.down(name)
        await asyncio.sleep(self._random.choice((1.0, 10.0, 25.0)))
        self._cluster.journal.up(name)

    async def _split_the_network(self) -> None:
        names = list(self._cluster.names)
        self._random.shuffle(names)
        self._cluster.network.partition(names[:1], names[1:])
        await asyncio.sleep(self._random.uniform(1.0, 20.0))
        self._cluster.network.heal()

    async def _slow_broker(self) -> None:
        self._cluster.journal.faults.append_extra_s = self._random.choice((1.0, 4.0, 9.0))
        await asyncio.sleep(self._random.uniform(10.0, 40.0))
        self._cluster.journal.faults.append_extra_s = 0.0

    async def _set_a_clock(self) -> None:
        """Set a clock while the process runs, or before it starts and can know better."""
        name = self._random.choice(self._cluster.names)
        offset_ms = self._random.choice((DAY_MS, -DAY_MS, 30_000, -30_000))
        self._cluster.loop.set_clock(name, offset_ms)
        if self._random.random() < 0.3:
            await self._crash(name)
        await asyncio.sleep(self._random.uniform(5.0, 30.0))
        self._cluster.loop.set_clock(name, 0)

    async def _fill_a_disk(self) -> None:
        disk = self._cluster.disks[self._random.choice(self._cluster.names)]
        disk.full = True
        await asyncio.sleep(self._random.uniform(5.0, 60.0))
        disk.full = False

    async def _slow_disk_down(self) -> None:
        """Write take so long that crashes come between freezing and writing."""
        name = self._random.choice(self._cluster.names)
        self._cluster.disks[name].write_s = (1.0, 20.0)
        await asyncio.sleep(self._random.uniform(1.0, 20.0))
        await self._crash(name)

    async def _damage_a_disk(self) -> None:
        """While the process runs, or before it starts."""
        name = self._random.choice(self._cluster.names)
        self._cluster.disks[name].contents.tear(self._random)
        if self._random.random() < 0.5:
            await self._crash(name)

    async def _bring_an_old_checkpoint_back(self) -> None:
        name = self._random.choice(self._cluster.names)
        old = self._cluster.disks[name].copy()
        await asyncio.sleep(self._random.uniform(1.0, 30.0))
        await self._crash_and_give(name, old)

    async def _start_from_a_copy(self) -> None:
        """A process gets a copy of the checkpoint of another one."""
        name, other = self._random.sample(self._cluster.names, 2)
        await self._crash_and_give(name, self._cluster.disks[other].copy())

    async def _crash_and_give(self, name: str, contents: Contents) -> None:
        self._cluster.crash(name)
        await asyncio.sleep(0.1)
        if name not in self._cluster.running():
            self._cluster.disks[name].contents = contents
            self._cluster.start(name)
