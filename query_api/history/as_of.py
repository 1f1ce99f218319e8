"""Folds past events into an announcement and its bookings as they stood. Pure.

The result has the columns that the rows of the tables had then, so the same code represents the
present and the past.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from contracts.events.announcement import AnnouncementCreated, AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.scoring import UNRATED, Score
from contracts.values.ids import PersonId
from query_api.history.events import PastEvent

Fields = Mapping[str, Any]
"""Values by column name."""

NO_BOOKING: Final[Fields] = {"booking_id": None, "state": None}


class PastAnnouncement(NamedTuple):
    """An announcement and its bookings at one moment."""

    announcement: Fields
    """Empty if it did not exist yet."""
    bookings: Mapping[PersonId, Fields]
    """By guest."""

    def booking_of(self, person_id: PersonId) -> Fields:
        """Return the person's booking, or NO_BOOKING if they were never told of one."""
        booking = self.bookings.get(person_id, NO_BOOKING)
        return NO_BOOKING if booking.get("untold") else booking

    def involves(self, person_id: PersonId) -> bool:
        """Return whether the person had a booking and was told of it."""
        return self.booking_of(person_id) is not NO_BOOKING

    def is_confirmed(self, person_id: PersonId) -> bool:
        return bool(self.booking_of(person_id)["state"] == "confirmed")


def fold_events(events: Iterable[PastEvent]) -> PastAnnouncement:
    """Return the announcement and its bookings after these events, which are all up to then."""
    announcement: dict[str, Any] = {}
    bookings: dict[PersonId, Fields] = {}
    for past in events:
        match past.event:
            case BookingEvent() as event:
                known = bookings.get(event.guest_id) or _begin_booking(event, past)
                bookings[event.guest_id] = {**known, **past.columns}
                announcement["taken"] = event.taken
            case AnnouncementCreated() as event:
                announcement["announcement_id"] = event.announcement_id
                announcement |= past.columns
            case AnnouncementEvent():
                announcement |= past.columns
            case _:
                pass
    return PastAnnouncement(announcement, bookings)


def build_detail_row(
    past: PastAnnouncement, viewer: PersonId, author_score: Score
) -> dict[str, Any]:
    """Return the row that the viewer's details would have been made of. It lacks `author_name`
    and `shows_place`, which depend on the present as well."""
    announcement, mine = past.announcement, past.booking_of(viewer)
    states = [booking["state"] for booking in past.bookings.values()]
    duration = timedelta(minutes=announcement["duration_min"])
    return {
        **announcement,
        "tickets_left": announcement["ticket_count"] - announcement["taken"],
        "ends_at": announcement["event_time"] + duration,
        "guest_count": states.count("confirmed"),
        "my_booking_id": mine["booking_id"],
        "my_state": mine["state"],
        "author_rating": author_score.rating,
        "author_rating_count": author_score.count,
    }


def build_guest_rows(
    past: PastAnnouncement,
    names: Mapping[PersonId, str],
    scores: Mapping[PersonId, Score],
    *,
    everyone: bool,
) -> list[dict[str, Any]]:
    """Return the rows of the guest list in the order of the bookings: confirmed guests, or with
    `everyone` all who had a booking."""
    shown = [one for one in past.bookings.values() if everyone or one["state"] == "confirmed"]
    shown.sort(key=lambda booking: (booking["created"], booking["booking_id"]))
    return [_build_guest_row(one, names, scores.get(one["guest_id"], UNRATED)) for one in shown]


def _begin_booking(event: BookingEvent, past: PastEvent) -> Fields:
    return {"booking_id": event.booking_id, "guest_id": event.guest_id, "created": past.at}


def _build_guest_row(
    booking: Fields, names: Mapping[PersonId, str], score: Score
) -> dict[str, Any]:
    return {
        **booking,
        "guest_name": names.get(booking["guest_id"]),
        "guest_rating": score.rating,
        "guest_rating_count": score.count,
    }
