"""Directed runs about clocks: set wrong under load, set right again, and told late."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Final
from unittest.mock import patch

from command_api.domain.booking.commands import RequestBooking
from command_api.domain.submission import Submission
from command_api.leader.node import Node
from command_api.leader.reign import Reign
from contracts.errors import Unavailable
from contracts.journal.records import Commit
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from tests.simulation.directed import EVENING, announce, command, insist, leader_of, run, until
from tests.simulation.invariants import accepted, check_dates
from tests.simulation.simulated.clients import WrongAnswer
from tests.simulation.simulated.cluster import TIMING, Cluster
from tests.simulation.simulated.loop import SimulationLoop

DAY_MS: Final = 24 * 3600 * 1000
SOON: Final = timedelta(hours=12)
"""Over, for a process whose clock is a day ahead."""
GUESTS: Final = 120
PAUSE_S: Final = 0.05
"""Shorter than a leader's tick: there is always a command between two of them."""


@contextmanager
def as_an_older_build() -> Iterator[None]:
    """Make leaders look at their clock at ticks only, and never go back behind a date."""
    with looks_at_ticks_only(), patch("command_api.leader.reign.log_time", max):
        yield


@contextmanager
def looks_at_ticks_only() -> Iterator[None]:
    tick = Node._tick_leader

    def now(reign: Reign) -> datetime:
        return max(reign._decided_at, reign._clock_watch._clock())

    async def look_first(node: Node, reign: Reign) -> None:
        if node.clock_right:
            await tick(node, reign)
        else:
            await reign.resign()

    with ExitStack() as stack:
        stack.enter_context(patch.object(Reign, "now", now))
        stack.enter_context(patch.object(Node, "_tick_leader", look_first))
        yield


def ask(number: int, evening: AnnouncementId = EVENING) -> Submission:
    body = RequestBooking(
        announcement_id=evening,
        booking_id=BookingId(f"booking-{evening}-{number}"),
        follows_author=False,
    )
    return command(PersonId(f"guest-{number}"), f"ask-{evening}-{number}", body)


async def ask_one_after_another(cluster: Cluster) -> None:
    """Let everybody ask to come to the evening, through any process, whoever leads."""
    random = cluster.loop.random
    async with asyncio.TaskGroup() as guests:
        for number in range(GUESTS):
            process = random.choice(cluster.names)
            guests.create_task(_demand_a_request(cluster, process, number))
            await asyncio.sleep(PAUSE_S)


async def _demand_a_request(cluster: Cluster, process: str, number: int) -> None:
    answer = await insist(cluster, process, ask(number))
    if answer.outcome.code != "booking_requested":
        raise WrongAnswer(f"{answer.outcome.code}: {answer.outcome.facts}")


def alarmed(cluster: Cluster, name: str) -> bool:
    """Return whether the process takes its clock for wrong."""
    with cluster.loop.process(name):
        return name in cluster.nodes and not cluster.nodes[name].clock_right


def dated_ahead_s(cluster: Cluster) -> float:
    """Return how far the newest command's date is ahead of its stamp."""
    *_, newest = (one for one in accepted(cluster.journal.log) if isinstance(one.record, Commit))
    assert isinstance(newest.record, Commit)
    return newest.record.decided_at.timestamp() - newest.stamp_ms / 1000


# Situations


def jump_under_load(seed: int) -> None:
    """A leader's clock jumps by a day under a steady load of commands. It decides none by that
    clock, and nothing that others decide later has its date."""
    cluster = run(_jump_under_load, seed)
    check_dates(cluster.journal.log)


async def _jump_under_load(cluster: Cluster) -> None:
    cluster.start_all()
    leader = await leader_of(cluster)
    await insist(cluster, leader, announce(cluster, starts_in=SOON))
    load = asyncio.create_task(ask_one_after_another(cluster))
    await asyncio.sleep(cluster.loop.random.uniform(0.5, 3.0))
    cluster.loop.set_clock(leader, cluster.loop.random.choice((DAY_MS, -DAY_MS)))
    await load
    if leader in cluster.leaders():
        raise WrongAnswer(f"{leader} still leads")


def inherited_date(seed: int) -> None:
    """An older build has left records dated a day ahead; the stamps of the journal say so,
    and whoever leads next decides by the time it is."""
    run(_inherited_date, seed)


async def _inherited_date(cluster: Cluster) -> None:
    with as_an_older_build():
        cluster.start_all()
        leader = await leader_of(cluster)
        await insist(cluster, leader, announce(cluster, starts_in=timedelta(days=3)))
        load = asyncio.create_task(ask_one_after_another(cluster))
        while dated_ahead_s(cluster) < 23 * 3600:  # Until a command meets the wrong clock.
            leader = await leader_of(cluster)
            cluster.loop.set_clock(leader, DAY_MS)
            await asyncio.sleep(cluster.loop.random.uniform(0.3, 0.6))
            cluster.loop.set_clock(leader, 0)
        await load
        for name in cluster.running():
            cluster.crash(name)
    inherited = len(cluster.journal.log)
    cluster.start_all()
    await leader_of(cluster)
    tonight = AnnouncementId("tonight")
    created = await insist(
        cluster, "alpha", announce(cluster, "tonight", evening=tonight, starts_in=SOON)
    )
    if created.outcome.refused:
        raise WrongAnswer(f"tonight is over: {created.outcome.code}")
    for number in range(GUESTS):
        asked = await insist(cluster, "beta", ask(number, tonight))
        if asked.outcome.code != "booking_requested":
            raise WrongAnswer(f"{asked.outcome.code}: {asked.outcome.facts}")
    check_dates(cluster.journal.log, since=inherited)


def set_right(seed: int) -> None:
    """Followers whose clocks were wrong, and have been set right, stand for leader."""
    run(_set_right, seed)


async def _set_right(cluster: Cluster) -> None:
    leader, *followers = cluster.names
    for name in followers:
        cluster.loop.set_clock(name, 300_000)
    cluster.start(leader)
    await leader_of(cluster)
    for name in followers:
        cluster.start(name)
    await asyncio.sleep(10.0)
    for name in followers:
        cluster.loop.set_clock(name, 0)
    await asyncio.sleep(10.0)
    cluster.crash(leader)
    await _leads_within(cluster, 30.0)


def told_late(seed: int) -> None:
    """A process that was frozen reads old records, and takes its clock for wrong. With
    nobody left to tell it better it finds out by itself, and leads."""
    run(_told_late, seed)


async def _told_late(cluster: Cluster) -> None:
    leader, frozen = cluster.names[:2]
    cluster.start(leader)
    await leader_of(cluster)
    cluster.start(frozen)
    await until(lambda: frozen in cluster.nodes, "start")
    await cluster.nodes[frozen].caught_up.wait()
    cluster.loop.pause(frozen)
    await asyncio.sleep(100.0)
    cluster.crash(leader)
    await asyncio.sleep(100.0)
    cluster.loop.resume(frozen)
    await _leads_within(cluster, 150.0)


def wrong_from_the_start(seed: int) -> None:
    """A process alone in its cell decides nothing while its clock is wrong, and leads once
    that has been set right."""
    cluster = run(_wrong_from_the_start, seed)
    check_dates(cluster.journal.log)


async def _wrong_from_the_start(cluster: Cluster) -> None:
    alpha = cluster.names[0]
    cluster.loop.set_clock(alpha, cluster.loop.random.choice((DAY_MS, -DAY_MS, 300_000)))
    cluster.start(alpha)
    await until(lambda: alarmed(cluster, alpha), "alarm")
    wish = announce(cluster)
    try:
        await cluster.submit(alpha, wish)
    except (Unavailable, ConnectionError):
        pass
    else:
        raise WrongAnswer("decided by a wrong clock")
    cluster.loop.set_clock(alpha, 0)
    await insist(cluster, alpha, wish, patience_s=150.0)


def woken_laptop(seed: int) -> None:
    """A process that has its journal to itself goes by the machine's clock, whenever that
    is set: forward when a laptop wakes up, back when it had been fast."""
    alone = TIMING._replace(alone=True)
    run(_woken_laptop, seed, Cluster(SimulationLoop(seed), ("alpha",), timing=alone))


async def _woken_laptop(cluster: Cluster) -> None:
    cluster.start("alpha")
    await insist(cluster, "alpha", announce(cluster, starts_in=timedelta(days=9)))
    for number, offset_ms in enumerate((300_000, DAY_MS, 0, -DAY_MS)):
        cluster.loop.set_clock("alpha", offset_ms)
        await insist(cluster, "alpha", ask(number), patience_s=1.0)
        newest = accepted(cluster.journal.log)[-1].record
        assert isinstance(newest, Commit)
        by_the_clock = (cluster.loop.wall_ms("alpha") / 1000) - newest.decided_at.timestamp()
        if abs(by_the_clock) > 1.0:
            raise WrongAnswer(f"dated {-by_the_clock:+.0f} s off the machine's clock")


async def _leads_within(cluster: Cluster, seconds: float) -> None:
    since = cluster.loop.time()
    await leader_of(cluster)
    if (took_s := cluster.loop.time() - since) > seconds:
        raise WrongAnswer(f"nobody led for {took_s:.0f} s")
