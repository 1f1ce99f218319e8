"""Simulated clients: people who announce, ask, answer and change their minds.

A client keeps one idempotency key for one wish and retries with it until it has an answer,
sometimes through another process, sometimes twice at once, as impatient people do. What it
was told is kept for the invariants.
"""

import asyncio
from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal, NamedTuple

from command_api.domain.announcement.commands import (
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
    FilmFacts,
)
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.booking.commands import AnswerBooking, Invitee, InviteGuests, RequestBooking
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rating.commands import GiveRating
from command_api.domain.submission import AnyCommand, Submission
from command_api.leader.ports import Answer
from contracts.errors import CommandError, NotFound, Unavailable
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId, ReviewId
from tests.simulation.simulated.cluster import Cluster

PEOPLE: Final = 6
TRIES_MAX: Final = 200

FILM: Final = FilmFacts(MovieId("film"), "Solaris", "Солярис", 120)
SHORT_FILM: Final = FilmFacts(MovieId("short"), "Arrival of a Train", "Прибытие поезда", 1)
"""So short that its evenings begin and end while a run lasts."""


class ClientAnswer(NamedTuple):
    """What a client was answered, and to which submission."""

    command: Submission
    answer: Answer


class WrongAnswer(AssertionError):
    """A client was told what cannot be true."""


async def insist_anywhere(cluster: Cluster, wish: Submission, random: Random) -> Answer:
    """Retry with the same key, through any process, until there is an answer, or an error that
    says something."""
    for _ in range(TRIES_MAX):
        try:
            return await cluster.submit(random.choice(cluster.names), wish)
        except (Unavailable, ConnectionError):
            await asyncio.sleep(random.uniform(0.1, 2.0))
    raise WrongAnswer(f"no answer to {wish.idempotency_key} after {TRIES_MAX} tries")


class Population:
    """All clients of one run, and what they know of each other's announcements."""

    def __init__(self, cluster: Cluster, random: Random) -> None:
        self.cluster = cluster
        self.random = random
        self.people = [PersonId(f"person-{n}") for n in range(PEOPLE)]
        self.evenings: dict[AnnouncementId, PersonId] = {}
        """Public evenings that were announced, with their authors: everybody sees them."""
        self.bookings: dict[BookingId, tuple[PersonId, PersonId]] = {}
        """Requests that were made, with author and guest."""
        self.met: dict[tuple[PersonId, PersonId], AnnouncementId] = {}
        """Where an author and a guest may last have met."""
        self.called_off: set[AnnouncementId] = set()
        """Drafts, and those that somebody ever tried to cancel: strangers may not find them."""
        self.erased: set[PersonId] = set()
        """Those whom somebody ever tried to have erased: their evenings may be called off."""
        self.told: list[ClientAnswer] = []
        self._serial = 0

    async def live(self, commands: int) -> None:
        """Let one client give `commands` commands, one after another."""
        for _ in range(commands):
            await asyncio.sleep(self.random.expovariate(1.0))
            await self._wish()

    async def _wish(self) -> None:
        actor = self.random.choice(self.people)
        command = self._command(actor, self._body(actor))
        if self.random.random() < 0.15:
            await asyncio.gather(self._insist(command), self._insist(command))
        else:
            await self._insist(command)

    async def _insist(self, command: Submission) -> None:
        try:
            answer = await insist_anywhere(self.cluster, command, self.random)
        except NotFound:
            self._demand_honest_not_found(command)
        except CommandError:
            pass
        else:
            self._note(command, answer)

    def _demand_honest_not_found(self, command: Submission) -> None:
        """Everybody sees a public evening once its author was told that it exists."""
        body = command.command
        if not isinstance(body, RequestBooking) or body.announcement_id in self.called_off:
            return
        if self.evenings[body.announcement_id] not in self.erased:
            raise WrongAnswer(f"{body.announcement_id} exists, but was not found")

    def _note(self, command: Submission, answer: Answer) -> None:
        self.told.append(ClientAnswer(command, answer))
        outcome = answer.outcome
        if outcome.refused:
            return
        if isinstance(command.command, CreateAnnouncement) and outcome.announcement_id:
            self.evenings[outcome.announcement_id] = command.actor
            if not command.command.publish:
                self.called_off.add(outcome.announcement_id)
        elif isinstance(command.command, RequestBooking) and outcome.booking_id:
            author = self.evenings[command.command.announcement_id]
            self.bookings[outcome.booking_id] = (author, command.actor)
            self.met[author, command.actor] = command.command.announcement_id

    def _command(self, actor: PersonId, body: AnyCommand) -> Submission:
        self._serial += 1
        return Submission(
            id=f"command-{self._serial}",
            actor=actor,
            idempotency_key=f"key-{self._serial}",
            fingerprint=f"fingerprint-{self._serial}",
            command=body,
            actor_facts=PersonFacts(actor, actor.title()),
        )

    def _body(self, actor: PersonId) -> AnyCommand:
        chance = self.random.random()
        if len(self.evenings) < 3 or chance < 0.12:
            return self._announce()
        if self.bookings and chance < 0.55:
            return self._answer(actor)
        if chance < 0.62:
            return self._change(actor)
        if chance < 0.64:
            evening = self._evening_of(actor)
            self.called_off.add(evening)
            return CancelAnnouncement(announcement_id=evening)
        if chance < 0.72:
            return self._invite(actor)
        if self.met and chance > 0.92:
            return self._rate(actor)
        return RequestBooking(
            announcement_id=self.random.choice(list(self.evenings)),
            booking_id=BookingId(f"booking-{self._serial}"),
            follows_author=False,
        )

    def _rate(self, actor: PersonId) -> GiveRating:
        """Rate, mostly an evening that does not exist or is not over yet."""
        mine = [pair for pair in self.met if actor in pair]
        author, guest = self.random.choice(mine or list(self.met))
        return GiveRating(
            announcement_id=self.met[author, guest],
            ratee_id=guest if actor == author else author,
            review_id=ReviewId(f"review-{self._serial}"),
            score=self.random.randint(1, 10),
        )

    def _announce(self) -> CreateAnnouncement:
        film = self.random.choice((FILM, FILM, SHORT_FILM))
        return CreateAnnouncement(
            announcement_id=AnnouncementId(f"evening-{self._serial}"),
            film=film,
            title="A film",
            description="",
            visibility="public",
            is_free=True,
            ticket_count=self.random.randint(1, 3),
            event_time=self._soon() if film is SHORT_FILM else self._some_time(),
            event_location="Here",
            publish=self.random.random() < 0.9,
        )

    def _soon(self) -> datetime:
        return self.cluster.clock() + timedelta(seconds=self.random.randint(20, 90))

    def _some_time(self) -> datetime:
        """Return one of so few times that announcements overlap; some are over during the run."""
        hours = self.random.choice((1, 2, 3, 26, 27, 28, 30))
        minutes = self.random.choice((0, 30))
        day = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        return day + timedelta(hours=hours, minutes=minutes)

    def _answer(self, actor: PersonId) -> AnswerBooking:
        mine = [one for one, parties in self.bookings.items() if actor in parties]
        booking_id = self.random.choice(mine or list(self.bookings))
        return AnswerBooking(booking_id=booking_id, my_status=self.random.random() < 0.7)

    def _change(self, actor: PersonId) -> ChangeAnnouncement:
        if self.random.random() < 0.4:
            status: Literal["Alive", "Closed"] = self.random.choice(("Alive", "Closed"))
            return ChangeAnnouncement(
                announcement_id=self._evening_of(actor), terms=ChangedTerms(), status=status
            )
        terms = self.random.choice(
            (
                ChangedTerms(ticket_count=self.random.randint(1, 3)),
                ChangedTerms(event_time=self._some_time()),
                ChangedTerms(title=f"Film {self._serial}"),
            )
        )
        return ChangeAnnouncement(announcement_id=self._evening_of(actor), terms=terms)

    def _invite(self, actor: PersonId) -> InviteGuests:
        guests = self.random.sample(self.people, 2)
        hold_until = None
        if self.random.random() < 0.5:
            hold_until = self.cluster.clock() + timedelta(seconds=self.random.randint(15, 60))
        return InviteGuests(
            hold_until=hold_until,
            announcement_id=self._evening_of(actor),
            guests=tuple(
                Invitee(
                    guest, BookingId(f"booking-{self._serial}-{guest}"), PersonFacts(guest, guest)
                )
                for guest in guests
            ),
        )

    def _evening_of(self, actor: PersonId) -> AnnouncementId:
        own = [one for one, author in self.evenings.items() if author == actor]
        return self.random.choice(own or list(self.evenings))
