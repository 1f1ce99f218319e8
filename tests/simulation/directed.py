"""Directed runs: each is one situation that random runs rarely meet. They are seeded too."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Final

from command_api.domain.announcement.commands import CreateAnnouncement
from command_api.domain.booking.commands import RequestBooking
from command_api.domain.submission import AnyCommand, Submission
from command_api.leader.ports import Answer
from contracts.errors import CommandError, NotFound, TooLarge, Unavailable
from contracts.journal.records import Claim, Resign, decode_record
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from tests.simulation.simulated.clients import FILM, WrongAnswer
from tests.simulation.simulated.cluster import TIMING, Cluster
from tests.simulation.simulated.journal import Faults
from tests.simulation.simulated.loop import SimulationLoop

HOST: Final = PersonId("host")
GUEST: Final = PersonId("guest")
EVENING: Final = AnnouncementId("evening")
PATIENCE_S: Final = 1800.0
TERMS_MAX: Final = 80

Situation = Callable[[Cluster], Coroutine[Any, Any, None]]


def command(actor: PersonId, key: str, body: AnyCommand) -> Submission:
    return Submission(id=key, actor=actor, idempotency_key=key, fingerprint=key, command=body)


def announce(
    cluster: Cluster,
    key: str = "announce",
    *,
    evening: AnnouncementId = EVENING,
    description: str = "",
    starts_in: timedelta = timedelta(days=1),
    publish: bool = True,
) -> Submission:
    body = CreateAnnouncement(
        announcement_id=evening,
        film=FILM,
        title="A film",
        description=description,
        visibility="public",
        is_free=True,
        ticket_count=2,
        event_time=cluster.clock() + starts_in,
        event_location="Here",
        publish=publish,
    )
    return command(HOST, key, body)


def request(key: str = "request") -> Submission:
    body = RequestBooking(
        announcement_id=EVENING, booking_id=BookingId("booking"), follows_author=False
    )
    return command(GUEST, key, body)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for `condition`, in virtual time. Raises WrongAnswer after PATIENCE_S."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + PATIENCE_S
    while not condition():
        if loop.time() > give_up_at:
            raise WrongAnswer(f"no {what} after {PATIENCE_S} s")
        await asyncio.sleep(0.05)


async def leader_of(cluster: Cluster) -> str:
    await until(lambda: len(cluster.leaders()) == 1, "leader")
    return cluster.leaders()[0]


async def insist(
    cluster: Cluster, process: str, wish: Submission, patience_s: float = PATIENCE_S
) -> Answer:
    """Retry until there is an answer, or an error that says something."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_s
    while loop.time() < give_up_at:
        try:
            return await cluster.submit(process, wish)
        except (Unavailable, ConnectionError):
            await asyncio.sleep(0.5)
    raise WrongAnswer(f"no answer to {wish.idempotency_key} after {patience_s} s")


def run(situation: Situation, seed: int, cluster: Cluster | None = None) -> Cluster:
    if cluster is None:
        cluster = Cluster(SimulationLoop(seed))
    cluster.loop.run(situation(cluster), max_steps=5_000_000)
    return cluster


# Situations


def cut_off_leader(seed: int) -> None:
    """A leader that no longer reaches the journal must not tell what has become untrue."""
    timing = TIMING._replace(read_back_s_min=60.0)
    run(_cut_off_leader, seed, Cluster(SimulationLoop(seed), timing=timing))


async def _cut_off_leader(cluster: Cluster) -> None:
    cluster.start_all()
    old = await leader_of(cluster)
    cluster.journal.down(old)
    await until(lambda: len(cluster.leaders()) == 2, "second leader")
    new = next(name for name in cluster.leaders() if name != old)
    await insist(cluster, new, announce(cluster))
    try:
        async with asyncio.timeout(20.0):
            await cluster.submit(old, request())
    except NotFound:
        raise WrongAnswer("a leader of yesterday does not find today's evening") from None
    except (CommandError, ConnectionError, TimeoutError):
        return


def oversize(seed: int) -> None:
    """A command that cannot be stored is refused to its client alone."""
    run(_oversize, seed)


async def _oversize(cluster: Cluster) -> None:
    cluster.start_all()
    leader = await leader_of(cluster)
    term = cluster.nodes[leader].tail.position.state.term
    try:
        large = announce(cluster, "large", description="x" * 1_000_000)
        await insist(cluster, leader, large, patience_s=60.0)
    except TooLarge:
        pass
    else:
        raise WrongAnswer("stored what is too large to store")
    await insist(cluster, leader, announce(cluster))
    if cluster.nodes[leader].tail.position.state.term != term:
        raise WrongAnswer("a client's large command cost the leader its reign")


def slow_broker(seed: int) -> None:
    """Append take nine seconds, or up to minutes: claims back off until somebody leads
    long enough to answer. Without patience there would be a claim for every few seconds."""
    for faults in (Faults(append_extra_s=9.0), Faults(straggle=1.0, straggle_s=(1.0, 200.0))):
        cluster = run(_slow_broker, seed, Cluster(SimulationLoop(seed), faults=faults))
        if len(terms(cluster)) > TERMS_MAX:
            raise WrongAnswer(f"{len(terms(cluster))} terms until the first answer")


async def _slow_broker(cluster: Cluster) -> None:
    cluster.start_all()
    answer = await insist(cluster, "alpha", announce(cluster))
    if answer.outcome.refused:
        raise WrongAnswer(f"refused: {answer.outcome.code}")


def truncated_log(seed: int) -> None:
    """The log loses accepted records, its leader dies, and it grows again. Whoever had
    accepted them must stop; nobody may go on as if nothing had happened."""
    loop = SimulationLoop(seed)
    cluster = Cluster(loop)
    broken: dict[str, BaseException] = {}
    run(lambda it: _truncated_log(it, broken), seed, cluster)


async def _truncated_log(cluster: Cluster, broken: dict[str, BaseException]) -> None:
    for name in cluster.names:
        cluster.start(name, broken)
    leader = await leader_of(cluster)
    await insist(cluster, leader, announce(cluster))
    end = len(cluster.journal.log)
    await until(
        lambda: all(node.tail.seen_offset >= end - 1 for node in cluster.nodes.values()),
        "common position",
    )
    cluster.crash(leader)
    cluster.journal.truncate(end - 1)
    stale = cluster.journal.connect("stale")
    writer = await stale.open_writer()
    for _ in range(3):  # It grows again, by what counts for nobody.
        writer.append(cluster.journal.log[0].payload)
    await until(lambda: len(broken) == len(cluster.names) - 1, "stop of every process")


def late_claim(seed: int) -> None:
    """A Claim that lands minutes late still makes its sender lead, if nothing came before."""
    run(_late_claim, seed)


async def _late_claim(cluster: Cluster) -> None:
    cluster.journal.faults.append_extra_s = 100.0
    cluster.start("alpha")
    await until(lambda: len(cluster.nodes) == 1, "start")
    node = cluster.nodes["alpha"]
    await until(lambda: node._claims, "claim")
    cluster.journal.faults.append_extra_s = 0.0
    await insist(cluster, "alpha", announce(cluster))


def worn_out_writer(seed: int) -> None:
    """At the bound of one writer the leader resigns and somebody claims afresh."""
    run(_worn_out_writer, seed, Cluster(SimulationLoop(seed), records_max=20))


async def _worn_out_writer(cluster: Cluster) -> None:
    cluster.start_all()
    await until(lambda: len(terms(cluster)) >= 3, "third term")
    records = [decode_record(entry.payload) for entry in cluster.journal.log]
    if not any(isinstance(record, Resign) for record in records):
        raise WrongAnswer("nobody resigned")
    await insist(cluster, "beta", announce(cluster))


def handed_over(seed: int) -> float:
    """Hand over cleanly. Returns the seconds until the next process leads."""
    took: list[float] = []
    run(lambda cluster: _handed_over(cluster, took), seed)
    return took[0]


async def _handed_over(cluster: Cluster, took: list[float]) -> None:
    cluster.start_all()
    leader = await leader_of(cluster)
    node = cluster.nodes[leader]
    cluster.loop.spawn(leader, node.resign())
    await until(lambda: not node.leading, "resignation")
    since = cluster.loop.time()
    await leader_of(cluster)
    took.append(cluster.loop.time() - since)


def room_again(seed: int) -> float:
    """A process alone with its journal, which took nothing for ten minutes. Returns the seconds
    until it leads again. There is no rival to make way for."""
    took: list[float] = []
    alone = TIMING._replace(alone=True)
    cluster = Cluster(SimulationLoop(seed), ("alpha",), timing=alone)
    run(lambda cluster: _room_again(cluster, took), seed, cluster)
    return took[0]


async def _room_again(cluster: Cluster, took: list[float]) -> None:
    cluster.start_all()
    await insist(cluster, "alpha", announce(cluster))
    cluster.journal.down()
    asked = asyncio.create_task(insist(cluster, "alpha", request(), patience_s=1000.0))
    await asyncio.sleep(600.0)
    if cluster.leaders():
        raise WrongAnswer("leads without a journal")
    cluster.journal.up()
    since = cluster.loop.time()
    await leader_of(cluster)
    took.append(cluster.loop.time() - since)
    await asked


def terms(cluster: Cluster) -> list[int]:
    """Return the terms that were claimed, in the log's order."""
    records = (decode_record(entry.payload) for entry in cluster.journal.log)
    return [record.term for record in records if isinstance(record, Claim)]
