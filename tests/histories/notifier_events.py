"""Builds the events that notices follow from: people, announcements and bookings, by name."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_OID, uuid5

from contracts.events.announcement import (
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementPublished,
)
from contracts.events.booking import BookingEvent
from contracts.events.person import PersonSeen
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.records import Outcome
from contracts.values.ids import SYSTEM, AnnouncementId, BookingId, MovieId, PersonId
from tests.histories.chain import Chain

BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOON: Final = timedelta(seconds=10)
TOLD: Final = Outcome("told")


def person(name: str) -> PersonId:
    return PersonId(str(uuid5(NAMESPACE_OID, f"person {name}")))


def announcement(name: str = "e") -> AnnouncementId:
    return AnnouncementId(str(uuid5(NAMESPACE_OID, f"announcement {name}")))


def seen(name: str, language: str = "en", tz: str = "Europe/Moscow") -> PersonSeen:
    return PersonSeen(person_id=person(name), name=name.title(), language=language, tz=tz)


def created(name: str = "e", host: str = "host", **fields: Any) -> AnnouncementCreated:
    """Announce an evening three days after the beginning, at 19:00 in Moscow, unless said
    otherwise."""
    given: dict[str, Any] = {
        "announcement_id": announcement(name),
        "author_id": person(host),
        "movie_id": MovieId(person("film")),
        "movie_title": "Solaris",
        "movie_title_ru": "Солярис",
        "duration_min": 120,
        "title": "Together",
        "description": "",
        "visibility": "public",
        "is_free": True,
        "ticket_count": 5,
        "event_time": datetime(2026, 3, 5, 16, 0, tzinfo=UTC),
        "event_location": "Tverskaya 1",
    }
    return AnnouncementCreated(**given | fields)


def published(name: str = "e") -> AnnouncementPublished:
    return AnnouncementPublished(announcement_id=announcement(name), version=2)


def edited(name: str = "e", **changes: Any) -> AnnouncementChanged:
    return AnnouncementChanged(announcement_id=announcement(name), version=3, **changes)


def booking(
    kind: type[BookingEvent],
    guest: str,
    pair: tuple[bool | None, bool | None],
    name: str = "e",
    **fields: Any,
) -> Any:
    if "author_id" in kind.__struct_fields__:
        fields.setdefault("author_id", person("host"))
    return kind(
        booking_id=BookingId(str(uuid5(NAMESPACE_OID, f"{name} {guest}"))),
        announcement_id=announcement(name),
        guest_id=person(guest),
        author_status=pair[0],
        guest_status=pair[1],
        taken=0,
        **fields,
    )


class NotifierHistory(Chain):
    """A history that names people; the clock stands still unless it is let pass."""

    def __init__(self, now: datetime = BEGIN) -> None:
        super().__init__(now)

    def tell(
        self,
        *events: DomainEvent,
        by: str = "host",
        kind: str = "Told",
        traceparent: str = "",
    ) -> int:
        """Commit `events` and return the position."""
        actor = SYSTEM if by == SYSTEM else person(by)
        commit = self.commit(*events, outcome=TOLD, actor=actor, kind=kind, traceparent=traceparent)
        return commit.seq
