"""Follows a change of somebody's calendar: moves the deadlines of held seats, lets guests choose.

An announcement changes the calendars of its author and its guests when it is moved,
published, cancelled or over; a booking changes its guest's when they take or leave a seat.
After a move, every held seat gets a deadline that fits the new start. After any change, the
guests who had to choose between announcements are reconsidered (docs/requirements.md A22,
docs/decisions/0010): confirmed again if nothing overlaps any more, asked about the present
overlaps if not. Each of these is an event, so that the guest is told.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import UNSET

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.seats import (
    answer_deadline,
    reconfirm_booking,
    record_booking_event,
)
from command_api.domain.booking.state import Booking
from command_api.domain.calendar import find_overlaps
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
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, BookingId, PersonId


def reschedule_bookings(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Decide anew the confirmed bookings and the held seats of an announcement that has just
    been moved."""
    announcement = recorder.announcement(announcement_id)
    for booking in list(recorder.layer.bookings_of(announcement)):
        if booking.confirmed or booking.unsettled:
            if announcement.takes_place:
                _ask_about_new_time(recorder, announcement, booking)
        elif booking.hold_until is not None:
            _fit_hold(recorder, announcement, booking, booking.hold_until)


def reconsider_unsettled(recorder: Recorder) -> None:
    """Decide anew about the guests who had to choose, if this decision has changed their
    calendars. To be called once, after all other steps of the decision."""
    for person_id in dict.fromkeys(_list_people_concerned(recorder, tuple(recorder.events))):
        booking_ids = recorder.person(person_id).unsettled
        if not booking_ids:
            continue
        unsettled = list(_list_taking_place(recorder, booking_ids))
        for booking in unsettled:
            if not find_blocking_announcements(recorder, booking):
                reconfirm_booking(recorder, booking)
        for booking in unsettled:
            _tell_other_overlaps(recorder, recorder.booking(booking.id))


def find_blocking_announcements(recorder: Recorder, booking: Booking) -> tuple[AnnouncementId, ...]:
    """Return the other announcements that make the guest busy at the time of this booking,
    soonest first."""
    found = find_overlaps(
        recorder.layer,
        booking.guest_id,
        recorder.announcement(booking.announcement_id),
        gap=recorder.rules.gap,
        own=booking.id,
    )
    return tuple(one.announcement_id for one in found if one.blocking)


def _ask_about_new_time(recorder: Recorder, announcement: Announcement, booking: Booking) -> None:
    """Let a guest who is busy at the new time choose, and hold the seat meanwhile. If there
    is no time to ask, frees the seat at once."""
    overlapping = find_blocking_announcements(recorder, booking)
    hold_until = answer_deadline(recorder, announcement, recorder.now + recorder.rules.move_hold)
    if not overlapping:
        if booking.unsettled:
            reconfirm_booking(recorder, booking)
    elif hold_until > recorder.now:
        _unsettle(recorder, booking, hold_until, overlapping)
    else:
        release_after_move(recorder, booking, overlapping)


def release_after_move(
    recorder: Recorder, booking: Booking, overlapping: tuple[AnnouncementId, ...]
) -> None:
    """Say no for the guest, because the announcement now overlaps others of theirs."""
    record_booking_event(
        recorder,
        booking,
        BookingReleased,
        (True, False),
        reason="moved_clash",
        clashes=overlapping,
    )


def _fit_hold(
    recorder: Recorder, announcement: Announcement, booking: Booking, hold_until: datetime
) -> None:
    """Shorten a hold so that it ends in time before the new start. Never prolongs one. If
    there is no time left, ends the hold, and the guest stays invited without a seat."""
    if booking.held_for == "offer":
        fitting = answer_deadline(recorder, announcement, hold_until)
    else:
        fitting = min(hold_until, announcement.event_time)
    if fitting <= recorder.now:
        record_booking_event(recorder, booking, BookingHoldLapsed, booking.pair)
    elif fitting < hold_until:
        record_booking_event(
            recorder,
            booking,
            BookingHoldShortened,
            booking.pair,
            hold_until=fitting,
            offered=booking.held_for == "offer",
        )


def _tell_other_overlaps(recorder: Recorder, booking: Booking) -> None:
    """Tell a guest that they still have to choose by the same deadline, but between other
    announcements."""
    if not booking.unsettled or booking.hold_until is None or booking.hold_until <= recorder.now:
        return
    overlapping = find_blocking_announcements(recorder, booking)
    if frozenset(overlapping) != frozenset(booking.overlapping):
        _unsettle(recorder, booking, booking.hold_until, overlapping)


def _unsettle(
    recorder: Recorder,
    booking: Booking,
    hold_until: datetime,
    overlapping: tuple[AnnouncementId, ...],
) -> None:
    record_booking_event(
        recorder,
        booking,
        BookingUnsettled,
        (True, None),
        hold_until=hold_until,
        clashes=overlapping,
    )


def _list_taking_place(recorder: Recorder, booking_ids: Iterable[BookingId]) -> Iterator[Booking]:
    """Yield those of the bookings whose announcements will take place."""
    for booking_id in booking_ids:
        booking = recorder.booking(booking_id)
        if recorder.announcement(booking.announcement_id).takes_place:
            yield booking


def _list_people_concerned(recorder: Recorder, events: Iterable[DomainEvent]) -> Iterator[PersonId]:
    """Yield the people whose calendars the events have changed."""
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
