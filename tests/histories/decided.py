"""Histories as they really come to be: random wishes, decided by the domain.

Few people, few hours, few seats: evenings fill up, overlap, move, are called off and come
to an end, so that every event occurs. The same seed gives the same history.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
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
from command_api.domain.decide import decide
from command_api.domain.layer import Layer
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rating.commands import ChangeRating, GiveRating, RetractRating
from command_api.domain.rules import DEFAULT_RULES
from command_api.domain.submission import AnyCommand, Submission
from command_api.image.image import Image
from contracts.errors import CommandError
from contracts.events.codec import encode_event
from contracts.events.domain_event import DomainEvent
from contracts.journal.acceptance import GENESIS_HASH
from contracts.journal.records import (
    Barrier,
    Claim,
    CommandInfo,
    Commit,
    Outcome,
    decode_record,
    encode_record,
    hash_record,
)
from contracts.values.ids import SYSTEM, AnnouncementId, BookingId, MovieId, PersonId, ReviewId
from runtime.journal.port import Journal

BEGIN: Final = datetime(2030, 1, 1, tzinfo=UTC)
FILM: Final = FilmFacts(MovieId(str(UUID(int=1))), "Solaris", "Солярис", 120)


class Chain:
    """Records of one reign, chained as in a journal; seq 1 is the claim."""

    def __init__(self) -> None:
        self.payloads = [encode_record(Claim(1, 1, GENESIS_HASH, "nonce", "http://leader"))]
        self.commits: list[Commit] = []

    @property
    def seq(self) -> int:
        return len(self.payloads)

    def barrier(self, at: datetime) -> None:
        self.payloads.append(encode_record(Barrier(1, self.seq + 1, self._last_hash(), at)))

    def commit(
        self,
        *events: DomainEvent,
        at: datetime = BEGIN,
        outcome: Outcome = Outcome("recorded"),  # noqa: B008 - immutable
        actor: str = SYSTEM,
        kind: str = "told",
    ) -> Commit:
        seq = self.seq + 1
        return self.append(
            Commit(
                term=1,
                seq=seq,
                prev_hash=self._last_hash(),
                decided_at=at,
                command=CommandInfo(f"c{seq}", kind, actor, f"k{seq}", f"f{seq}"),
                outcome=outcome,
                events=tuple(encode_event(event) for event in events),
            )
        )

    def append(self, commit: Commit) -> Commit:
        """Returns it as a reader of the journal gets it."""
        self.payloads.append(encode_record(commit))
        read = decode_record(self.payloads[-1])
        assert isinstance(read, Commit)
        self.commits.append(read)
        return read

    async def write_to(self, journal: Journal, start: int = 0, end: int | None = None) -> None:
        """Append the records from offset `start` up to `end`, durably."""
        writer = await journal.open_writer()
        places = [writer.append(payload) for payload in self.payloads[start:end]]
        for place in places:
            await place
        await writer.close()

    def _last_hash(self) -> str:
        return hash_record(self.payloads[-1])


class Society:
    """People with random wishes, and the cell that decides them."""

    def __init__(self, seed: int, people: int = 6, evenings_at_once: int = 4) -> None:
        self.chain = Chain()
        self._random = Random(seed)
        self._image = Image()
        self.people = [PersonId(self._new_id()) for _ in range(people)]
        self._evenings_at_once = evenings_at_once
        self._serial = 0
        self._now = BEGIN

    @property
    def layer(self) -> Layer:
        """Where the history has led to."""
        return self._image.accepted

    def live(self, wishes: int) -> "Society":
        for _ in range(wishes):
            self._now += timedelta(minutes=self._random.choice((1, 5, 20)))
            for deadline in list(self._image.agenda.list_due(self._now)):
                self._decide(SYSTEM, deadline.command)
            actor = self._random.choice(self.people)
            self._decide(actor, self._wish(actor))
        return self

    def _decide(self, actor: PersonId, body: AnyCommand) -> None:
        self._serial += 1
        facts = None if actor == SYSTEM else PersonFacts(actor, f"Person {actor[:4]}")
        key = f"k{self._serial}"
        command = Submission(
            id=key,
            actor=actor,
            idempotency_key=key,
            fingerprint="f",
            command=body,
            actor_facts=facts,
        )
        try:
            decision = decide(command, self._image.accepted, self._now, DEFAULT_RULES)
        except CommandError:
            return
        commit = self.chain.commit(
            *decision.events,
            at=self._now,
            outcome=decision.outcome,
            actor=actor,
            kind=command.kind,
        )
        self._image.fold(commit, decision.layer)

    def _wish(self, actor: PersonId) -> AnyCommand:
        open_evenings = [one.id for one in self._open_evenings()]
        chance = self._random.random()
        if len(open_evenings) < self._evenings_at_once or chance < 0.1:
            return self._announce()
        own = [one.id for one in self._open_evenings() if one.author_id == actor]
        evening = self._random.choice(own or open_evenings)
        if chance < 0.5:
            return self._answer(actor)
        if chance < 0.58:
            return ChangeAnnouncement(announcement_id=evening, terms=self._terms())
        if chance < 0.6:
            return ChangeAnnouncement(
                announcement_id=evening,
                terms=ChangedTerms(),
                status=self._random.choice(("Alive", "Closed")),
            )
        if chance < 0.62:
            return CancelAnnouncement(announcement_id=evening, reason="rain")
        if chance < 0.7:
            return self._invite(evening)
        if chance > 0.88 and (rating := self._rating(actor)):
            return rating
        return RequestBooking(
            announcement_id=self._random.choice(open_evenings),
            booking_id=BookingId(self._new_id()),
            message=self._random.choice((None, "please")),
            follows_author=False,
        )

    def _open_evenings(self) -> Iterator[Announcement]:
        for one in self._image.accepted.announcements.own.values():
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
            event_time=self._some_time(),
            event_location="Here",
            publish=self._random.random() < 0.9,
        )

    def _answer(self, actor: PersonId) -> AnswerBooking:
        layer = self._image.accepted
        mine = [
            one.id
            for evening in self._open_evenings()
            for one in layer.bookings_of(evening)
            if actor in (one.guest_id, one.author_id)
        ]
        booking_id = self._random.choice(mine or [BookingId(self._new_id())])
        yes = self._random.random() < 0.7
        return AnswerBooking(
            booking_id=booking_id, my_status=yes, reason=None if yes else "ill", message="well"
        )

    def _rating(self, actor: PersonId) -> AnyCommand | None:
        """About somebody whom the actor met; None where there is nobody yet."""
        layer = self._image.accepted
        met = [
            (booking.announcement_id, booking.author_id, booking.guest_id)
            for booking in layer.bookings.own.values()
            if booking.confirmed and actor in (booking.author_id, booking.guest_id)
        ]
        if not met:
            return None
        evening, author, guest = self._random.choice(met)
        ratee = guest if actor == author else author
        given = layer.rating_of(evening, actor, ratee)
        score = self._random.randint(1, 10)
        if given is None:
            review_id = ReviewId(self._new_id())
            return GiveRating(
                announcement_id=evening,
                ratee_id=ratee,
                review_id=review_id,
                score=score,
                text=self._random.choice((None, "Well.")),
                tags=self._random.choice(((), ("kind",), ("late", "loud"))),
            )
        if self._random.random() < 0.5:
            return ChangeRating(review_id=given.id, score=score)
        return RetractRating(review_id=given.id)

    def _terms(self) -> ChangedTerms:
        return self._random.choice(
            (
                ChangedTerms(ticket_count=self._random.randint(1, 3)),
                ChangedTerms(event_time=self._some_time()),
                ChangedTerms(event_time=self._some_time()),
                ChangedTerms(title=f"Film {self._serial}", tz="Europe/Berlin"),
                ChangedTerms(location_hint="By the river", hide_location=True),
            )
        )

    def _invite(self, evening: AnnouncementId) -> InviteGuests:
        hold = self._random.choice((None, timedelta(minutes=30)))
        return InviteGuests(
            announcement_id=evening,
            guests=tuple(
                Invitee(guest, BookingId(self._new_id()), PersonFacts(guest, f"Guest {guest[:4]}"))
                for guest in self._random.sample(self.people, 2)
            ),
            hold_until=None if hold is None else self._now + hold,
        )

    def _some_time(self) -> datetime:
        """Few enough different times that evenings overlap, or just touch."""
        halves = self._random.choice((2, 3, 6, 7, 8, 40, 41))
        hour = self._now.replace(minute=0) + timedelta(hours=1)
        return hour + timedelta(minutes=30 * halves)

    def _new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


def cut(commits: Sequence[Commit], random: Random) -> Iterable[Sequence[Commit]]:
    """The same commits in parts of random sizes."""
    start = 0
    while start < len(commits):
        size = random.choice((1, 2, 5, 40))
        yield commits[start : start + size]
        start += size
