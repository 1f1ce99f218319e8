"""Builds histories as they really come to be: random wishes, decided by the domain.

There are few people, hours and seats: announcements fill up, overlap, move, are called off
and come to an end, so that every event occurs. The same seed gives the same history.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

from command_api.domain.announcement.commands import (
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
    FilmFacts,
)
from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.booking.commands import AnswerBooking, Invitee, InviteGuests, RequestBooking
from command_api.domain.invite_job.commands import AdvanceInviteJob, InviteAllFollowers
from command_api.domain.invite_job.evolution import list_running_jobs
from command_api.domain.invite_link.commands import (
    MakeInviteLink,
    OpenInviteLink,
    RevokeInviteLink,
)
from command_api.domain.layer import Layer
from command_api.domain.person.commands import (
    BlockPerson,
    ConfirmErasure,
    OrderErasure,
    PersonFacts,
    ReinstatePerson,
    RequestErasure,
    SuspendPerson,
    UnblockPerson,
    WithdrawErasure,
)
from command_api.domain.rating.commands import (
    ChangeRating,
    GiveRating,
    ReplyToRating,
    RetractRating,
)
from command_api.domain.submission import AnyCommand
from contracts.errors import CommandError
from contracts.events.rating import RatingRetracted, RatingRevealed, RatingRole
from contracts.events.stored.codec import decode_events
from contracts.journal.records import Commit
from contracts.values.ids import (
    OPERATOR,
    SYSTEM,
    AnnouncementId,
    BookingId,
    InviteJobId,
    InviteLinkId,
    MovieId,
    PersonId,
    ReviewId,
)
from tests.histories.chain import Chain
from tests.histories.decided import DecidedHistory
from tests.histories.wishes.plans import choose_plan
from tests.histories.wishes.talk import choose_broadcast, choose_post

FILM: Final = FilmFacts(MovieId(str(UUID(int=1))), "Solaris", "Солярис", 120)

Choose = Callable[[Random, Layer, Sequence[PersonId], datetime], tuple[PersonId, AnyCommand] | None]
"""Returns what one of these people does now, or None if there is nothing to do."""

BESIDE: Final[Mapping[str, tuple[float, Choose]]] = {
    "chats": (0.3, choose_post),
    "broadcasts": (0.1, choose_broadcast),
    "plans": (0.2, choose_plan),
}
"""What people do beside their wishes, how often, and how it is chosen. Each has dice of its own:
whatever people do here, their other wishes are the same."""

SEEDS_TRIED: Final = 30


class RandomPeople:
    """People with random wishes, and the history that comes of them."""

    def __init__(
        self,
        seed: int,
        people: int = 6,
        announcements_at_once: int = 4,
        history: DecidedHistory | None = None,
        *,
        erasures: bool = False,
        quarrels: bool = False,
    ) -> None:
        """With `erasures` people are erased now and then, and come back by their next wish. With
        `quarrels` they block each other now and then."""
        self._history = history or DecidedHistory()
        self.chain = self._history.chain
        self._random = Random(seed)
        self._beside = [
            (Random(f"{name} of {seed}"), chance, choose)
            for name, (chance, choose) in BESIDE.items()
        ]
        self.person_ids = [PersonId(self._new_id()) for _ in range(people)]
        self._announcements_at_once = announcements_at_once
        self._erasures = erasures
        self._quarrels = quarrels
        self._serial = 0

    @property
    def layer(self) -> Layer:
        """Where the history has led to."""
        return self._history.layer

    def live(self, wishes: int) -> "RandomPeople":
        """Let people have so many wishes, and deadlines pass in between."""
        for _ in range(wishes):
            self.chain.wait(minutes=self._random.choice((1, 5, 20)))
            self.meet_deadlines()
            actor = self._random.choice(self.person_ids)
            self._try(actor, self._choose_command(actor))
            for dice, chance, choose in self._beside:
                if dice.random() < chance and (
                    wish := choose(dice, self.layer, self.person_ids, self.chain.now)
                ):
                    self._try(*wish)
            if self._erasures and self._random.random() < 0.1:
                self._try(*self._choose_erasure())
            if self._quarrels and self._random.random() < 0.15:
                self._try(*self._choose_block())
        return self

    def meet_deadlines(self) -> None:
        """Let the system do what is due by now."""
        for deadline in list(self._history.image.agenda.list_due(self.chain.now)):
            self._try(SYSTEM, deadline.command)

    def _try(self, actor: PersonId, command: AnyCommand) -> None:
        self._serial += 1
        facts = None if actor in (SYSTEM, OPERATOR) else PersonFacts(actor, f"Person {actor[:4]}")
        with suppress(CommandError):
            self._history.record(self._history.decide(actor, command, actor_facts=facts))

    def _choose_erasure(self) -> tuple[PersonId, AnyCommand]:
        person_id = self._random.choice(self.person_ids)
        person = self.layer.person(person_id)
        if person.suspension is not None and self._random.random() < 0.5:
            return OPERATOR, ReinstatePerson(person_id=person_id)
        commands: tuple[tuple[PersonId, AnyCommand], ...] = (
            (OPERATOR, OrderErasure(person_id=person_id, at_once=True)),
            (OPERATOR, OrderErasure(person_id=person_id)),
            (OPERATOR, SuspendPerson(person_id=person_id, reason="spam")),
            (person_id, WithdrawErasure(person_id=person_id)),
            (person_id, RequestErasure()),
        )
        if person.erasure is not None:
            commands += ((person_id, ConfirmErasure(erase_at=person.erasure.erase_at)),)
        return self._random.choice(commands)

    def _choose_block(self) -> tuple[PersonId, AnyCommand]:
        """Return a block, or the end of one: so that there are about as many as one person in
        three has."""
        person_id = self._random.choice(self.person_ids)
        blocked = self.layer.person(person_id).blocked
        if blocked and self._random.random() < 0.6:
            return person_id, UnblockPerson(person_id=self._random.choice(blocked))
        return person_id, BlockPerson(person_id=self._random.choice(self.person_ids))

    def _choose_command(self, actor: PersonId) -> AnyCommand:
        open_ids = [one.id for one in self._find_open()]
        chance = self._random.random()
        if len(open_ids) < self._announcements_at_once or chance < 0.1:
            return self._announce()
        own = [one.id for one in self._find_open() if one.author_id == actor]
        announcement_id = self._random.choice(own or open_ids)
        if chance < 0.5:
            return self._answer(actor)
        if chance < 0.58:
            return ChangeAnnouncement(announcement_id=announcement_id, terms=self._choose_terms())
        if chance < 0.6:
            return ChangeAnnouncement(
                announcement_id=announcement_id,
                terms=ChangedTerms(),
                status=self._random.choice(("Alive", "Closed")),
            )
        if chance < 0.62:
            return CancelAnnouncement(announcement_id=announcement_id, reason="rain")
        if chance < 0.7:
            return self._invite(announcement_id)
        if chance < 0.78:
            return self._choose_link_command(announcement_id)
        if chance > 0.88 and (rating := self._rate(actor)):
            return rating
        return RequestBooking(
            announcement_id=self._random.choice(open_ids),
            booking_id=BookingId(self._new_id()),
            message=self._random.choice((None, "please")),
            follows_author=False,
        )

    def _find_open(self) -> Iterator[Announcement]:
        for one in self.layer.announcements.own.values():
            if one.status in ("Created", "Alive", "Closed"):
                yield one

    def _announce(self) -> CreateAnnouncement:
        return CreateAnnouncement(
            announcement_id=AnnouncementId(self._new_id()),
            film=FILM,
            title="A film",
            description="Bring tea.",
            visibility="public",
            is_free=self._random.random() < 0.9,
            ticket_count=self._random.randint(1, 3),
            event_time=self._choose_time(),
            event_location="Here",
            publish=self._random.random() < 0.9,
        )

    def _answer(self, actor: PersonId) -> AnswerBooking:
        layer = self.layer
        mine = [
            one.id
            for evening in self._find_open()
            for one in layer.bookings_of(evening)
            if actor in (one.guest_id, one.author_id)
        ]
        booking_id = self._random.choice(mine or [BookingId(self._new_id())])
        yes = self._random.random() < 0.7
        return AnswerBooking(
            booking_id=booking_id, my_status=yes, reason=None if yes else "ill", message="well"
        )

    def _rate(self, actor: PersonId) -> AnyCommand | None:
        """Rate somebody whom the actor met. Returns None if there is nobody yet."""
        layer = self.layer
        met = [
            (booking.announcement_id, booking.author_id, booking.guest_id)
            for booking in layer.bookings.own.values()
            if booking.confirmed and actor in (booking.author_id, booking.guest_id)
        ]
        if not met:
            return None
        announcement_id, author, guest = self._random.choice(met)
        ratee = guest if actor == author else author
        given = layer.rating_of(announcement_id, actor, ratee)
        score = self._random.randint(1, 10)
        if given is None:
            review_id = ReviewId(self._new_id())
            return GiveRating(
                announcement_id=announcement_id,
                ratee_id=ratee,
                review_id=review_id,
                score=score,
                text=self._random.choice((None, "Well.")),
                tags=self._random.choice(((), ("kind",), ("late", "loud"))),
                signed=self._random.random() < 0.5,
            )
        if self._random.random() < 0.5:
            return ChangeRating(review_id=given.id, score=score, signed=self._random.random() < 0.5)
        received = layer.rating_of(announcement_id, ratee, actor)
        if received is not None and self._random.random() < 0.4:
            return ReplyToRating(review_id=received.id, text="Thank you.")
        return RetractRating(review_id=given.id)

    def _choose_terms(self) -> ChangedTerms:
        return self._random.choice(
            (
                ChangedTerms(ticket_count=self._random.randint(1, 3)),
                ChangedTerms(event_time=self._choose_time()),
                ChangedTerms(event_time=self._choose_time()),
                ChangedTerms(title=f"Film {self._serial}", tz="Europe/Berlin"),
                ChangedTerms(location_hint="By the river", hide_location=True),
            )
        )

    def _invite(self, announcement_id: AnnouncementId) -> InviteGuests:
        hold = self._random.choice((None, timedelta(minutes=30)))
        return InviteGuests(
            announcement_id=announcement_id,
            guests=tuple(
                Invitee(guest, BookingId(self._new_id()), PersonFacts(guest, f"Guest {guest[:4]}"))
                for guest in self._random.sample(self.person_ids, 2)
            ),
            hold_until=None if hold is None else self.chain.now + hold,
        )

    def _choose_link_command(self, announcement_id: AnnouncementId) -> AnyCommand:
        """Make a link, or revoke or open one of any that there are."""
        links = list(self.layer.invite_links.own.values())
        chance = self._random.random()
        if chance > 0.85:
            return self._choose_job_command(announcement_id)
        if not links or chance < 0.3:
            return MakeInviteLink(
                announcement_id=announcement_id,
                link_id=InviteLinkId(self._new_id()),
                uses_max=self._random.choice((None, 1, 2)),
                expires_at=self._random.choice((None, self.chain.now + timedelta(hours=2))),
                waives_approval=self._random.random() < 0.5,
            )
        link = self._random.choice(links)
        if chance < 0.4:
            return RevokeInviteLink(announcement_id=link.announcement_id, link_id=link.id)
        return OpenInviteLink(link_id=link.id, booking_id=BookingId(self._new_id()))

    def _choose_job_command(self, announcement_id: AnnouncementId) -> AnyCommand:
        """Begin to invite all followers, or carry out a part of a job that is running."""
        running = list_running_jobs(self.layer)
        if not running:
            return InviteAllFollowers(
                announcement_id=announcement_id, job_id=InviteJobId(self._new_id())
            )
        job = running[0]
        guests = self._invite(job.announcement_id).guests
        return AdvanceInviteJob(
            job_id=job.id,
            part=job.parts,
            guests=guests,
            after=guests[-1].guest_id,
            left_over=0,
            is_last=self._random.random() < 0.5,
        )

    def _choose_time(self) -> datetime:
        """Return one of so few times that announcements overlap, or just touch."""
        halves = self._random.choice((2, 3, 6, 7, 8, 40, 41))
        hour = self.chain.now.replace(minute=0) + timedelta(hours=1)
        return hour + timedelta(minutes=30 * halves)

    def _new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def cut_randomly(commits: Sequence[Commit], random: Random) -> Iterable[Sequence[Commit]]:
    """Yield the same commits in parts of random sizes."""
    start = 0
    while start < len(commits):
        size = random.choice((1, 2, 5, 40))
        yield commits[start : start + size]
        start += size


def live_until(
    holds: Callable[[Chain], bool], wishes: int, first_seed: int, **options: Any
) -> RandomPeople:
    """Return the people of the first seed, from `first_seed` on, whose history is as a test needs
    it. Raises LookupError if there is none among `SEEDS_TRIED`."""
    for seed in range(first_seed, first_seed + SEEDS_TRIED):
        people = RandomPeople(seed, **options).live(wishes)
        if holds(people.chain):
            return people
    raise LookupError(f"no such history among {SEEDS_TRIED}")


def live_until_rated(wishes: int, votes: int = 1) -> RandomPeople:
    """Return five people who in the end have at least so many votes as hosts, and as guests."""
    return live_until(partial(_has_votes, votes), wishes, first_seed=11, people=5)


def _has_votes(least: int, chain: Chain) -> bool:
    voted: dict[ReviewId, RatingRole] = {}
    for commit in chain.commits:
        for event in decode_events(commit.events):
            if isinstance(event, RatingRevealed):
                voted[event.review_id] = event.role
            elif isinstance(event, RatingRetracted):
                voted.pop(event.review_id, None)
    found = Counter(voted.values())
    return min(found["host"], found["guest"]) >= least
