"""Inflicts faults of several kinds on a system, by a plan drawn from a seed."""

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from tests.torture.proxy import Proxy
from tests.torture.system import System, Worker

DAY_S: Final = 86_400.0
SLOW_S: Final = 0.4
SECONDS: Final = (2.0, 12.0)


class Fault(NamedTuple):
    kind: str
    seconds: float
    """How long it lasts, where it does."""
    pick: int
    """Which of several victims; the leader is whoever leads then."""
    pause_s: float
    """Quiet time before it."""


class NobodyLeads(Exception):
    """Nobody leads, so there is nothing to do to a leader."""


Inflict = Callable[[System, Fault], AbstractAsyncContextManager[float]]
"""Harm is done on the way in and mended on the way out; in between it should last as many
seconds as it says."""

LEADER_S_MAX: Final = 120.0


async def leader(system: System) -> Worker:
    """Return the leader. Raises NobodyLeads."""
    try:
        async with asyncio.timeout(LEADER_S_MAX):
            while (found := await system.leader()) is None:
                await asyncio.sleep(0.1)
            return found
    except TimeoutError as error:
        raise NobodyLeads from error


async def follower(system: System, fault: Fault) -> Worker:
    leading = await leader(system)
    others = [one for one in system.commands if one is not leading]
    return others[fault.pick % len(others)]


Victim = Callable[[System, Fault], Awaitable[Worker]]


async def _leader(system: System, _: Fault) -> Worker:
    return await leader(system)


def _named(name: str) -> Victim:
    async def victim(system: System, _: Fault) -> Worker:
        return system.workers[name]

    return victim


def _killed(victim: Victim) -> Inflict:
    """Kill a process. Its supervisor starts it again at once."""

    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        await system.kill((await victim(system, fault)).name)
        yield 0.0

    return inflict


def _frozen(victim: Victim) -> Inflict:
    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        worker = await victim(system, fault)
        await worker.process.freeze()
        yield fault.seconds
        worker.thaw()

    return inflict


def _clock_off(victim: Victim, offset_s: float) -> Inflict:
    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        worker = await victim(system, fault)
        worker.clock.set(offset_s)
        yield fault.seconds
        worker.clock.set(0.0)

    return inflict


def _leader_link(harm: Callable[[Proxy], None]) -> Inflict:
    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        link = system.links["kafka"][(await leader(system)).name]
        harm(link)
        yield fault.seconds
        link.restore()

    return inflict


def _links(server: str, harm: Callable[[Proxy], None]) -> Inflict:
    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        for link in system.links[server].values():
            harm(link)
        yield fault.seconds
        for link in system.links[server].values():
            link.restore()

    return inflict


def _server_killed(server: str) -> Inflict:
    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        await system.server(server).kill()
        yield fault.seconds / 2
        await system.restart(server)

    return inflict


def _server_frozen(server: str) -> Inflict:
    @asynccontextmanager
    async def inflict(system: System, fault: Fault) -> AsyncIterator[float]:
        await system.server(server).freeze()
        yield fault.seconds
        system.server(server).thaw()

    return inflict


@asynccontextmanager
async def _disk_full(system: System, fault: Fault) -> AsyncIterator[float]:
    """Fill a broker's disk. The broker ends itself, and is started again with room."""
    filler = system.directory / "kafka" / "filler"
    fill(filler)
    yield fault.seconds
    filler.unlink()
    await system.kafka.kill()
    await system.restart("kafka")


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(65_536))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return


KINDS: Final[dict[str, Inflict]] = {
    "leader killed": _killed(_leader),
    "leader frozen": _frozen(_leader),
    "leader cut off from Kafka": _leader_link(Proxy.cut),
    "leader's link to Kafka frozen": _leader_link(Proxy.freeze),
    "leader's link to Kafka half-open": _leader_link(Proxy.forget),
    "leader's link to Kafka slow": _leader_link(lambda link: link.slow(SLOW_S)),
    "leader's clock a day ahead": _clock_off(_leader, DAY_S),
    "leader's clock a day behind": _clock_off(_leader, -DAY_S),
    "follower killed": _killed(follower),
    "follower frozen": _frozen(follower),
    "follower's clock 300 s ahead": _clock_off(follower, 300.0),
    "projector killed": _killed(_named("projector")),
    "projector frozen": _frozen(_named("projector")),
    "notifier killed": _killed(_named("notifier")),
    "notifier frozen": _frozen(_named("notifier")),
    "notifier's clock a day ahead": _clock_off(_named("notifier"), DAY_S),
    "notifier's clock a day behind": _clock_off(_named("notifier"), -DAY_S),
    "query killed": _killed(_named("query")),
    "neighbours killed": _killed(_named("neighbours")),
    "neighbours frozen": _frozen(_named("neighbours")),
    "Kafka killed": _server_killed("kafka"),
    "Kafka frozen": _server_frozen("kafka"),
    "all links to Kafka half-open": _links("kafka", Proxy.forget),
    "PostgreSQL killed": _server_killed("postgres"),
    # Its backends are processes of their own: behind a frozen link all of them stand still.
    "PostgreSQL frozen": _links("postgres", Proxy.freeze),
    "links to PostgreSQL half-open": _links("postgres", Proxy.forget),
    "links to PostgreSQL cut": _links("postgres", Proxy.cut),
    "ClickHouse killed": _server_killed("clickhouse"),
    "ClickHouse frozen": _server_frozen("clickhouse"),
    "links to ClickHouse half-open": _links("clickhouse", Proxy.forget),
}

DISK_FULL: Final = "Kafka's disk full"
"""Only where a small disk could be mounted."""


def inflict(system: System, fault: Fault) -> AbstractAsyncContextManager[float]:
    """Inflict the fault until the end of the block. Raises NobodyLeads."""
    kinds = {**KINDS, DISK_FULL: _disk_full}
    return kinds[fault.kind](system, fault)


def plan(
    seed: int, rounds: int, kinds: Sequence[str], seconds: tuple[float, float] = SECONDS
) -> list[Fault]:
    """Return `rounds` faults, each for some time between `seconds`. Every kind comes once before
    one comes again."""
    random = Random(seed)
    faults: list[Fault] = []
    while len(faults) < rounds:
        for kind in random.sample(kinds, len(kinds)):
            lasts_s, pick = random.uniform(*seconds), random.getrandbits(8)
            faults.append(Fault(kind, lasts_s, pick, pause_s=random.uniform(1.0, 3.0)))
    return faults[:rounds]
