"""Tests a decision: given commands before it, when a command comes, then these events.

All is set up by commands, so a history that no decider would write cannot be given. An
expected event names only the fields that a test is about.
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
from command_api.domain.decide import Decision
from command_api.domain.layer import Layer
from command_api.domain.person.commands import PersonFacts
from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand
from contracts.errors import CommandError
from contracts.events.booking import BookingEvent
from contracts.events.person import PersonSeen
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import SYSTEM, AnnouncementId, BookingId, MovieId, PersonId
from tests.histories.decided import Decided, DecidedHistory

NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
AUTHOR: Final = PersonId("host")
OTHER_AUTHOR: Final = PersonId("other-host")
ANN: Final = PersonId("ann")
BEN: Final = PersonId("ben")
CAT: Final = PersonId("cat")
STRANGER: Final = PersonId("stranger")

ANNOUNCEMENT: Final = AnnouncementId("evening")
RIVAL: Final = AnnouncementId("rival")
OVER: Final = 26.0
"""Hours after NOON at which an announcement of `announce` is over."""


def booking_id(guest: PersonId, announcement: AnnouncementId = ANNOUNCEMENT) -> BookingId:
    return BookingId(f"{announcement}/{guest}")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# Commands


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


# Decisions


class Spec:
    """A history that commands have made, and the decision on the last one."""

    def __init__(self, rules: Rules = DEFAULT_RULES) -> None:
        self._history = DecidedHistory(NOON, rules)
        self._decided: Decided | None = None
        self.error: CommandError | None = None

    @property
    def layer(self) -> Layer:
        return self._history.layer

    @property
    def decision(self) -> Decision:
        """The last decision; fails if there was an error instead."""
        assert self._decided is not None, self.error
        return self._decided.decision

    def at(self, hours: float) -> Self:
        """Set the clock to so many hours after NOON."""
        self._history.chain.now = NOON + timedelta(hours=hours)
        return self

    def given(self, actor: PersonId, *commands: AnyCommand) -> Self:
        """Record each; one that is refused is a mistake of the test."""
        for command in commands:
            self.when(actor, command)
            assert not self.decision.outcome.refused, self.decision.outcome
            self._record()
        return self

    def when(
        self,
        actor: PersonId,
        command: AnyCommand,
        *,
        is_super: bool = False,
        facts: PersonFacts | None = None,
    ) -> Self:
        """Decide the command, and record nothing yet. `facts` are Auth's about the actor."""
        self._decided = self.error = None
        try:
            self._decided = self._history.decide(
                actor, command, is_super=is_super, actor_facts=facts
            )
        except CommandError as error:
            self.error = error
        return self

    def then(self, *expected: tuple[type[DomainEvent], dict[str, Any]]) -> Self:
        """Expect these events, in this order, with at least these fields; records them."""
        events = [event for event in self.decision.events if not isinstance(event, PersonSeen)]
        assert [type(event) for event in events] == [kind for kind, _ in expected], (
            events or self.decision.outcome
        )
        for event, (_, fields) in zip(events, expected, strict=True):
            shown = msgspec.structs.asdict(event)
            assert {name: shown.get(name) for name in fields} == fields
        self._record()
        return self

    def then_nothing(self) -> Self:
        """Expect an acceptance without events."""
        assert not self.decision.outcome.refused, self.decision.outcome
        assert self.decision.events == []
        return self

    def then_refused(self, code: str, **facts: Any) -> Self:
        """Expect that a rule said no, with this code and at least these facts."""
        outcome = self.decision.outcome
        assert (outcome.refused, outcome.code) == (True, code), outcome
        assert self.decision.events == []
        assert {name: outcome.facts.get(name) for name in facts} == facts
        return self

    def then_fails(
        self, kind: type[CommandError], code: str | None = None, field: str | None = None
    ) -> Self:
        """Expect an error, which is not recorded at all, at a field of the body."""
        assert isinstance(self.error, kind), (self.error, self._decided)
        assert code in (None, self.error.code)
        fields = [one["field"] for one in self.error.facts.get("errors", ())]
        assert fields == ([] if field is None else [field])
        return self

    @property
    def results(self) -> dict[str, str]:
        """Each guest's code of an invitation."""
        return {one["guest_id"]: one["code"] for one in self.decision.outcome.facts["results"]}

    @property
    def conflicts(self) -> list[str]:
        return [one["announcement_id"] for one in self.decision.outcome.facts["conflicts"]]

    def announcement(self, announcement: AnnouncementId = ANNOUNCEMENT) -> Announcement:
        found = self.layer.announcements.get(announcement)
        assert found is not None
        return found

    def booking(self, guest: PersonId, announcement: AnnouncementId = ANNOUNCEMENT) -> Booking:
        found = self.layer.bookings.get(booking_id(guest, announcement))
        assert found is not None
        return found

    def _record(self) -> None:
        assert self._decided is not None
        self._history.record(self._decided)


def pair(
    kind: type[BookingEvent], author: bool | None, guest: bool | None, **fields: Any
) -> tuple[type[Any], dict[str, Any]]:
    return kind, {"author_status": author, "guest_status": guest, **fields}


def due(spec: Spec, command: AnyCommand) -> Spec:
    """Decide a command of the leader itself."""
    return spec.when(SYSTEM, command)
