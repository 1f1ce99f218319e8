"""An evening and its guests, as events state them."""

from datetime import UTC, datetime
from typing import Any, Final

from contracts.events.announcement import AnnouncementCreated, AnnouncementDone
from contracts.events.booking import BookingApproved, BookingLeft
from contracts.values.ids import AnnouncementId, BookingId, MovieId, PersonId

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
EVENING: Final = AnnouncementId("evening")
HOST: Final = PersonId("host")
ANN: Final = PersonId("ann")
BEN: Final = PersonId("ben")

CREATED: Final = AnnouncementCreated(
    announcement_id=EVENING,
    author_id=HOST,
    movie_id=MovieId("m"),
    movie_title="Solaris",
    movie_title_ru="Солярис",
    duration_min=120,
    title="An evening",
    description="",
    visibility="public",
    is_free=True,
    ticket_count=5,
    event_time=NOON,
    event_location="Here",
)
DONE: Final = AnnouncementDone(announcement_id=EVENING, version=1)


def comes(guest: PersonId, taken: int) -> BookingApproved:
    return BookingApproved(**_booking(guest), taken=taken, author_status=True, guest_status=True)


def leaves(guest: PersonId, taken: int) -> BookingLeft:
    return BookingLeft(**_booking(guest), taken=taken, author_status=True, guest_status=False)


def _booking(guest: PersonId) -> dict[str, Any]:
    return {
        "booking_id": BookingId(f"of {guest}"),
        "announcement_id": EVENING,
        "guest_id": guest,
    }
