"""An evening and its bookings as they stood: a fold of what had happened by then. Pure.

What comes out has the fields that a row of the tables would have had, so that one renderer
serves the present and the past.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from contracts.events.announcement import AnnouncementCreated, AnnouncementEvent
from contracts.events.booking import BookingEvent
from contracts.scoring import UNRATED, Score
from contracts.values.ids import PersonId
from query_api.history.events import Happened, standing_after

Fields = Mapping[str, Any]

NO_BOOKING: Final[Fields] = {"booking_id": None, "state": None}


class Standing(NamedTuple):
    """An evening at one moment."""

    evening: Fields
    """Empty where it does not exist yet."""
    bookings: Mapping[PersonId, Fields]
    """By guest."""

    def booking_of(self, person_id: PersonId) -> Fields:
        """None of which the person was never told."""
        booking = self.bookings.get(person_id, NO_BOOKING)
        return NO_BOOKING if booking.get("untold") else booking

    def involves(self, person_id: PersonId) -> bool:
        return self.booking_of(person_id) is not NO_BOOKING

    def confirmed(self, person_id: PersonId) -> bool:
        return bool(self.booking_of(person_id)["state"] == "confirmed")


def standing_of(story: Iterable[Happened]) -> Standing:
    """After all of it."""
    evening: dict[str, Any] = {}
    bookings: dict[PersonId, Fields] = {}
    for one in story:
        match one.event:
            case BookingEvent() as event:
                known = bookings.get(event.guest_id) or _first_word(event, one)
                bookings[event.guest_id] = {**known, **standing_after(one)}
                evening["taken"] = event.taken
            case AnnouncementCreated() as event:
                evening["announcement_id"] = event.announcement_id
                evening |= standing_after(one)
            case AnnouncementEvent():
                evening |= standing_after(one)
            case _:
                pass
    return Standing(evening, bookings)


def detail_row(standing: Standing, viewer: PersonId, host: Score) -> dict[str, Any]:
    """What the evening's row, with the viewer's own booking, would have said; but for
    `author_name` and `shows_place`, which rest on the present as well."""
    evening, mine = standing.evening, standing.booking_of(viewer)
    states = [booking["state"] for booking in standing.bookings.values()]
    return {
        **evening,
        "tickets_left": evening["ticket_count"] - evening["taken"],
        "ends_at": evening["event_time"] + timedelta(minutes=evening["duration_min"]),
        "guest_count": states.count("confirmed"),
        "my_booking_id": mine["booking_id"],
        "my_state": mine["state"],
        "author_rating": host.rating,
        "author_rating_count": host.count,
    }


def guest_rows(
    standing: Standing,
    names: Mapping[PersonId, str],
    scores: Mapping[PersonId, Score],
    *,
    everyone: bool,
) -> list[dict[str, Any]]:
    """What the rows of the guest list would have said, in their order; only of confirmed
    guests unless `everyone`."""
    shown = [one for one in standing.bookings.values() if everyone or one["state"] == "confirmed"]
    shown.sort(key=lambda booking: (booking["created"], booking["booking_id"]))
    return [_guest_row(one, names, scores.get(one["guest_id"], UNRATED)) for one in shown]


def _first_word(event: BookingEvent, one: Happened) -> Fields:
    return {"booking_id": event.booking_id, "guest_id": event.guest_id, "created": one.at}


def _guest_row(booking: Fields, names: Mapping[PersonId, str], score: Score) -> dict[str, Any]:
    return {
        **booking,
        "guest_name": names.get(booking["guest_id"]),
        "guest_rating": score.rating,
        "guest_rating_count": score.count,
    }
