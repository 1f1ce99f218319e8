"""Operators who have people erased while everything else goes on, and what must hold then.

The invariants are stated by events and by bookings alone, not by people's own lists.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Final

from command_api.domain.booking.commands import Invitee, InviteGuests
from command_api.domain.layer import Layer
from command_api.domain.person.commands import (
    ErasureDue,
    OrderErasure,
    PersonFacts,
    WithdrawErasure,
)
from command_api.domain.submission import AnyCommand, Submission
from contracts.errors import CommandError
from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonSeen,
)
from contracts.events.stored.codec import decode_events
from contracts.journal.records import Commit
from contracts.values.ids import OPERATOR, BookingId, PersonId
from contracts.values.times import EPOCH
from tests.histories.chain import Chain
from tests.simulation.directed import (
    EVENING,
    HOST,
    announce,
    command,
    insist,
    leader_of,
    request,
    until,
)
from tests.simulation.invariants import Violation, accepted_commits, fold
from tests.simulation.simulated.clients import Population, WrongAnswer, insist_anywhere
from tests.simulation.simulated.cluster import TIMING, Cluster
from tests.simulation.simulated.loop import TEST, SimulationLoop

INVITED: Final = PersonId("invited")
ORDERS: Final = 4
ORDERS_OF_ONE_COMMIT: Final = 500
COMMANDS_MEANWHILE: Final = 20
ERASURE_STEP: Final = str(ErasureDue.__struct_config__.tag)


class Operators:
    """Have people erased, through any process, until each order is answered."""

    def __init__(self, cluster: Cluster, population: Population, random: Random) -> None:
        self._cluster = cluster
        self._population = population
        self._random = random
        self._serial = 0

    async def erase(self, orders: int = ORDERS) -> None:
        for _ in range(orders):
            await asyncio.sleep(self._random.expovariate(0.2))
            person_id = self._random.choice(self._population.people)
            self._population.erased.add(person_id)
            at_once = self._random.random() < 0.8
            await self._insist(OrderErasure(person_id=person_id, at_once=at_once))
            if self._random.random() < 0.2:
                await self._insist(WithdrawErasure(person_id=person_id))

    async def _insist(self, command: AnyCommand) -> None:
        self._serial += 1
        key = f"order-{self._serial}"
        order = Submission(
            id=key, actor=OPERATOR, idempotency_key=key, fingerprint=key, command=command
        )
        with suppress(CommandError):
            await insist_anywhere(self._cluster, order, self._random)


def is_anybody_erasing(cluster: Cluster, people: list[PersonId]) -> bool:
    """Whether an erasure has begun that is not over, as far as a process knows."""
    now = cluster.clock()
    return any(
        node.image.accepted.person(one).is_erasing(now)
        for node in cluster.nodes.values()
        for one in people
    )


def check_erasures(commits: list[Commit]) -> None:
    """Check that nothing of a person is decided once their erasure has begun, and that nothing
    depends on them when they are erased."""
    erase_at: dict[str, datetime] = {}
    begins_at: dict[str, datetime] = {}
    folded = fold(())
    for commit in commits:
        actor = commit.command.actor
        if actor in begins_at and begins_at[actor] <= commit.decided_at:
            raise Violation(f"at {commit.seq}: {actor} acts while they are erased")
        folded.fold(commit)
        for event in decode_events(commit.events):
            match event:
                case PersonErasureRequested():
                    erase_at[event.person_id] = event.erase_at
                case PersonErasureConfirmed():
                    begins_at[event.person_id] = erase_at[event.person_id]
                case PersonErasureWithdrawn():
                    begins_at.pop(event.person_id, None)
                case PersonErased():
                    del begins_at[event.person_id]
                    _check_disengaged(folded.accepted, event.person_id, commit)
                case _:
                    pass


def _check_disengaged(layer: Layer, person_id: PersonId, commit: Commit) -> None:
    if len(commit.events) != 1:
        raise Violation(f"at {commit.seq}: {person_id} is erased together with something else")
    for announcement in layer.announcements.own.values():
        if announcement.author_id == person_id and not announcement.has_ended:
            raise Violation(f"at {commit.seq}: {announcement.id} outlives its erased author")
    for booking in layer.bookings.own.values():
        ended = layer.announcements.own[booking.announcement_id].has_ended
        if booking.guest_id == person_id and booking.guest_status is True and not ended:
            raise Violation(f"at {commit.seq}: {booking.id} outlives its erased guest")


def many_at_once(seed: int, people: int = 10_000) -> None:
    """All these people are to be erased at the same time, and others use the cell meanwhile: they
    are answered, and a held seat is given up, before half of the people are erased."""
    loop = SimulationLoop(seed)
    cluster = Cluster(loop, ("alpha",), timing=TIMING._replace(alone=True))
    loop.run(_many_at_once(cluster, people), max_steps=5_000_000)
    commits = accepted_commits(cluster.journal.log)
    check_erasures(commits)
    kinds = [commit.command.kind for commit in commits]
    half = [place for place, kind in enumerate(kinds) if kind == ERASURE_STEP][people // 2]
    for kind, count in (("booking.request", COMMANDS_MEANWHILE), ("booking.hold_due", 1)):
        if kinds[:half].count(kind) != count:
            raise WrongAnswer(f"the erasures went before {kind}")


async def _many_at_once(cluster: Cluster, people: int) -> None:
    chain = Chain(EPOCH)
    ids = [PersonId(f"person-{number}") for number in range(people)]
    for start in range(0, people, ORDERS_OF_ONE_COMMIT):
        chain.commit(
            *(
                event
                for one in ids[start : start + ORDERS_OF_ONE_COMMIT]
                for event in (
                    PersonSeen(person_id=one, name=one.title()),
                    PersonErasureRequested(person_id=one, erase_at=EPOCH + timedelta(seconds=30)),
                    PersonErasureConfirmed(person_id=one),
                )
            )
        )
    await chain.write_to(cluster.journal.connect(TEST))
    cluster.start_all()
    leader = await leader_of(cluster)
    await insist(cluster, leader, announce(cluster))
    node = cluster.nodes[leader]
    await until(lambda: node.image.accepted.person(ids[0]).erased, "first erasure")
    invitee = Invitee(INVITED, BookingId("invited"), PersonFacts(INVITED, "Ivan"))
    hold_until = cluster.clock() + timedelta(seconds=0.2)
    invitation = InviteGuests(announcement_id=EVENING, guests=(invitee,), hold_until=hold_until)
    await insist(cluster, leader, command(HOST, "invite", invitation))
    for number in range(COMMANDS_MEANWHILE):
        await insist(cluster, leader, request(f"request-{number}"))
    await until(lambda: all(node.image.accepted.person(one).erased for one in ids), "end")
