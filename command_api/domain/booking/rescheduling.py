"""What a change of an evening means for held seats and for guests who are now double-booked.

Whenever an evening moves, is published, called off or over, and whenever a guest takes or
leaves a seat, the calendars of the people concerned have changed. Then every seat held at a
moved evening gets a deadline that fits its new start, and every guest who had to choose
between two evenings is decided anew (REQUIREMENTS A22, docs/decisions/0010): confirmed again
if nothing clashes any more, asked about the present clashes otherwise. Each of these is an
event, so that the guest is told.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import UNSET

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.seats import answer_deadline, confirm_again, turn
from command_api.domain.booking.state import Booking
from command_api.domain.calendar import interval_of, overlaps
from command_api.domain.recorder import Recorder
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import (
    BookingEvent,
    BookingHoldLapsed,
    BookingHoldShortened,
    BookingReleased,
    BookingUnsettled,
)
from contracts.events.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, PersonId


def follow_move(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Decide the bookings of an evening that has just been given another time."""
    announcement = recorder.announcement(announcement_id)
    for booking in list(recorder.layer.bookings_of(announcement)):
        if booking.confirmed or booking.unsettled:
            if announcement.takes_place:
                _ask_about_new_time(recorder, announcement, booking)
        elif booking.hold_until is not None:
            _fit_hold(recorder, announcement, booking, booking.hold_until)


def reconsider_unsettled(recorder: Recorder) -> None:
    """Decide anew the guests who had to choose and whose evenings this decision changed."""
    for person_id in dict.fromkeys(_people_of(recorder, tuple(recorder.events))):
        unsettled = [one for one in _pending(recorder, person_id) if one.unsettled]
        for booking in unsettled:
            if not clashes_of(recorder, booking):
                confirm_again(recorder, booking)
        for booking in unsettled:
            _tell_other_clashes(recorder, recorder.booking(booking.id))


def clashes_of(recorder: Recorder, booking: Booking) -> tuple[AnnouncementId, ...]:
    """The other evenings that make the guest busy at the time of this one, soonest first."""
    found = overlaps(
        recorder.layer,
        booking.guest_id,
        interval_of(recorder.announcement(booking.announcement_id)),
        besides=booking.announcement_id,
        gap=recorder.rules.gap,
    )
    return tuple(one.announcement_id for one in found if one.blocking)


def _ask_about_new_time(recorder: Recorder, announcement: Announcement, booking: Booking) -> None:
    """A guest who is busy at the new time has to choose, with the seat held as long; if there
    is no time to ask, the seat is free at once."""
    clashes = clashes_of(recorder, booking)
    hold_until = answer_deadline(recorder, announcement, recorder.now + recorder.rules.move_hold)
    if not clashes:
        if booking.unsettled:
            confirm_again(recorder, booking)
    elif hold_until > recorder.now:
        _unsettle(recorder, booking, hold_until, clashes)
    else:
        turn(
            recorder, booking, BookingReleased, (True, False), reason="moved_clash", clashes=clashes
        )


def _fit_hold(
    recorder: Recorder, announcement: Announcement, booking: Booking, hold_until: datetime
) -> None:
    """A seat is never held longer than before, and never past the time to answer. If that
    has passed already, the guest stays invited without a seat."""
    if booking.held_for == "offer":
        fitting = answer_deadline(recorder, announcement, hold_until)
    else:
        fitting = min(hold_until, announcement.event_time)
    if fitting <= recorder.now:
        turn(recorder, booking, BookingHoldLapsed, booking.pair)
    elif fitting < hold_until:
        turn(
            recorder,
            booking,
            BookingHoldShortened,
            booking.pair,
            hold_until=fitting,
            offered=booking.held_for == "offer",
        )


def _tell_other_clashes(recorder: Recorder, booking: Booking) -> None:
    """The guest still has to choose by the same deadline, but between other evenings."""
    if not booking.unsettled or booking.hold_until is None or booking.hold_until <= recorder.now:
        return
    clashes = clashes_of(recorder, booking)
    if frozenset(clashes) != frozenset(booking.clashes):
        _unsettle(recorder, booking, booking.hold_until, clashes)


def _unsettle(
    recorder: Recorder,
    booking: Booking,
    hold_until: datetime,
    clashes: tuple[AnnouncementId, ...],
) -> None:
    turn(recorder, booking, BookingUnsettled, (True, None), hold_until=hold_until, clashes=clashes)


def _pending(recorder: Recorder, person_id: PersonId) -> Iterator[Booking]:
    """The person's pending bookings of evenings that will take place, oldest first."""
    for booking_id in recorder.person(person_id).pending:
        booking = recorder.booking(booking_id)
        if recorder.announcement(booking.announcement_id).takes_place:
            yield booking


def _people_of(recorder: Recorder, events: Iterable[DomainEvent]) -> Iterator[PersonId]:
    """People whose calendars the events have changed."""
    for event in events:
        match event:
            case BookingEvent():
                yield event.guest_id
            case AnnouncementChanged() if event.event_time is UNSET:
                pass
            case (
                AnnouncementPublished()
                | AnnouncementChanged()
                | AnnouncementCancelled()
                | AnnouncementDone()
            ):
                announcement = recorder.announcement(event.announcement_id)
                yield announcement.author_id
                for booking in recorder.layer.bookings_of(announcement):
                    if booking.confirmed:
                        yield booking.guest_id
            case _:
                pass
