"""Given what was said before, when somebody says something, then this is recorded.

Everything is set up by commands, so a history that no decider would write cannot be given.
Events are compared without the fields that every one of their kind has.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import msgspec

from command_api.domain.announcement.commands import (
    AnnouncementDue,
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
    FilmFacts,
)
from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.terms import ChangedTerms
from command_api.domain.booking.commands import (
    AnswerBooking,
    HoldDue,
    Invitee,
    InviteGuests,
    RequestBooking,
)
from command_api.domain.booking.state import Booking
from command_api.domain.decide import Decision, decide
from command_api.domain.layer import Layer
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand, Submission
from contracts.errors import CommandError
from contracts.events.booking import BookingEvent
from contracts.events.domain_event import DomainEvent
from contracts.events.person import PersonSeen
from contracts.values.ids import SYSTEM, AnnouncementId, BookingId, MovieId, PersonId

NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
AUTHOR: Final = PersonId("host")
OTHER_AUTHOR: Final = PersonId("other-host")
ANN: Final = PersonId("ann")
BEN: Final = PersonId("ben")
CAT: Final = PersonId("cat")

ANNOUNCEMENT: Final = AnnouncementId("evening")
RIVAL: Final = AnnouncementId("rival")


def booking_id(guest: PersonId, announcement: AnnouncementId = ANNOUNCEMENT) -> BookingId:
    return BookingId(f"{announcement}/{guest}")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# What people say


def announce(
    announcement: AnnouncementId = ANNOUNCEMENT,
    *,
    seats: int = 2,
    hours: float = 24.0,
    minutes: int = 120,
    **terms: Any,
) -> CreateAnnouncement:
    """An announcement that starts so many hours after NOON."""
    fields: dict[str, Any] = {
        "title": "A film",
        "description": "",
        "visibility": "public",
        "is_free": True,
        "event_location": "Here",
    }
    return CreateAnnouncement(
        announcement_id=announcement,
        film=FilmFacts(MovieId("film"), "Solaris", "Солярис", minutes),
        ticket_count=seats,
        event_time=NOON + timedelta(hours=hours),
        **(fields | terms),
    )


def ask(
    guest: PersonId, announcement: AnnouncementId = ANNOUNCEMENT, **fields: Any
) -> RequestBooking:
    return RequestBooking(
        announcement_id=announcement, booking_id=booking_id(guest, announcement), **fields
    )


def say(
    yes: bool, guest: PersonId, announcement: AnnouncementId = ANNOUNCEMENT, **fields: Any
) -> AnswerBooking:
    return AnswerBooking(booking_id=booking_id(guest, announcement), my_status=yes, **fields)


def invite(
    *guests: PersonId, announcement: AnnouncementId = ANNOUNCEMENT, hold_hours: float | None = None
) -> InviteGuests:
    return InviteGuests(
        announcement_id=announcement,
        guests=tuple(
            Invitee(guest, booking_id(guest, announcement), PersonFacts(guest, guest))
            for guest in guests
        ),
        hold_until=None if hold_hours is None else NOON + timedelta(hours=hold_hours),
    )


def change(
    announcement: AnnouncementId = ANNOUNCEMENT,
    *,
    status: Any = None,
    if_versions: frozenset[int] | None = None,
    **terms: Any,
) -> ChangeAnnouncement:
    return ChangeAnnouncement(
        announcement_id=announcement,
        terms=ChangedTerms(**terms),
        status=status,
        if_versions=if_versions,
    )


def cancel(
    announcement: AnnouncementId = ANNOUNCEMENT, reason: str | None = None
) -> CancelAnnouncement:
    return CancelAnnouncement(announcement_id=announcement, reason=reason)


DUE: Final = AnnouncementDue(announcement_id=ANNOUNCEMENT)


def hold_due(guest: PersonId) -> HoldDue:
    return HoldDue(booking_id=booking_id(guest))


# What comes of it


class Spec:
    """A world that commands have made, and the last decision in it."""

    def __init__(self, rules: Rules = DEFAULT_RULES) -> None:
        self.layer = Layer.empty()
        self._rules = rules
        self._now = NOON
        self._decision: Decision | None = None
        self._error: CommandError | None = None
        self._serial = 0

    def at(self, hours: float) -> Self:
        """So many hours after NOON."""
        self._now = NOON + timedelta(hours=hours)
        return self

    def given(self, actor: PersonId, *bodies: AnyCommand) -> Self:
        """Each is taken; one that is refused is a mistake of the test."""
        for body in bodies:
            self.when(actor, body)
            assert self._error is None, self._error
            assert self._decision is not None
            assert not self._decision.outcome.refused, self._decision.outcome
            self.layer.absorb(self._decision.layer)
        return self

    def when(self, actor: PersonId, body: AnyCommand, *, is_super: bool = False) -> Self:
        self._decision = self._error = None
        self._serial += 1
        command = Submission(
            id=f"c{self._serial}",
            actor=actor,
            idempotency_key=f"k{self._serial}",
            fingerprint="",
            command=body,
            is_super=is_super,
        )
        try:
            self._decision = decide(command, self.layer, self._now, self._rules)
        except CommandError as error:
            self._error = error
        return self

    def then(self, *expected: tuple[type[DomainEvent], dict[str, Any]]) -> Self:
        """These events, in this order, with at least these fields; then the world goes on."""
        assert self._error is None, self._error
        assert self._decision is not None
        events = [event for event in self._decision.events if not isinstance(event, PersonSeen)]
        assert [type(event) for event in events] == [kind for kind, _ in expected], (
            events or self._decision.outcome
        )
        for event, (_, fields) in zip(events, expected, strict=True):
            shown = msgspec.structs.asdict(event)
            assert {name: shown.get(name) for name in fields} == fields
        self.layer.absorb(self._decision.layer)
        return self

    def then_nothing(self) -> Self:
        assert self._decision is not None, self._error
        assert not self._decision.outcome.refused, self._decision.outcome
        assert self._decision.events == []
        return self

    def then_refused(self, code: str, **facts: Any) -> Self:
        """A rule said no; that is recorded, without events."""
        assert self._decision is not None, self._error
        outcome = self._decision.outcome
        assert (outcome.refused, outcome.code) == (True, code), outcome
        assert self._decision.events == []
        assert {name: outcome.facts.get(name) for name in facts} == facts
        return self

    def then_fails(self, kind: type[CommandError], code: str | None = None) -> Self:
        """Not recorded at all."""
        assert isinstance(self._error, kind), (self._error, self._decision)
        assert code in (None, self._error.code)
        return self

    @property
    def results(self) -> dict[str, str]:
        """Of an invitation: each guest's code."""
        assert self._decision is not None
        return {one["guest_id"]: one["code"] for one in self._decision.outcome.facts["results"]}

    @property
    def conflicts(self) -> list[str]:
        assert self._decision is not None
        return [one.announcement_id for one in self._decision.outcome.facts["conflicts"]]

    def announcement(self, announcement: AnnouncementId = ANNOUNCEMENT) -> Announcement:
        found = self.layer.announcements.get(announcement)
        assert found is not None
        return found

    def booking(self, guest: PersonId, announcement: AnnouncementId = ANNOUNCEMENT) -> Booking:
        found = self.layer.bookings.get(booking_id(guest, announcement))
        assert found is not None
        return found


def pair(
    kind: type[BookingEvent], author: bool | None, guest: bool | None, **fields: Any
) -> tuple[type[Any], dict[str, Any]]:
    return kind, {"author_status": author, "guest_status": guest, **fields}


def due(spec: Spec, body: AnyCommand) -> Spec:
    """The leader's own command."""
    return spec.when(SYSTEM, body)
