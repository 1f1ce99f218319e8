"""Gives out the seats of an announcement: who takes one, and who is offered a freed one.

Confirmed guests and held seats together never exceed `ticket_count`. A full announcement is
Closed(full), and later requests go on its waitlist. A freed seat is offered to the first guest
on the waitlist whom the author has approved in advance. If nobody is approved, the
announcement opens again and the waitlist becomes ordinary requests. Once the film has begun
it stays closed (cutoff); the author may still let in guests who asked in time.
"""

from datetime import datetime
from typing import Any

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.calendar import describe_conflicts, find_overlaps
from command_api.domain.recorder import Recorder
from contracts.errors import CommandRefused
from contracts.events.announcement import AnnouncementClosed, AnnouncementReopened, CloseReason
from contracts.events.booking import (
    AnyBookingEvent,
    BookingAccepted,
    BookingApproved,
    BookingOffered,
    BookingReleased,
    BookingResettled,
    BookingRevoked,
    BookingUnqueued,
)
from contracts.events.folding.booking_state import CONFIRMED, Pair
from contracts.representations import Overlap
from contracts.values.ids import AnnouncementId, BookingId, PersonId


def record_booking_event(
    recorder: Recorder,
    booking: Booking,
    kind: type[AnyBookingEvent],
    pair: Pair,
    **fields: Any,
) -> None:
    """Record an event of `kind` that brings `booking` to `pair`, with the number of seats
    then taken. `fields` are the event's other fields."""
    announcement = recorder.announcement(booking.announcement_id)
    took = booking.confirmed or booking.hold_until is not None
    takes = pair == CONFIRMED or fields.get("hold_until") is not None
    author_status, guest_status = pair
    recorder.record(
        kind(
            booking_id=booking.id,
            announcement_id=booking.announcement_id,
            guest_id=booking.guest_id,
            author_status=author_status,
            guest_status=guest_status,
            taken=announcement.taken - took + takes,
            **fields,
        )
    )


def revoke_untold(recorder: Recorder, booking: Booking) -> None:
    """Revoke an invitation in a draft: its guest was never told, and is told nothing now."""
    record_booking_event(recorder, booking, BookingRevoked, (False, None), untold=True)


def confirm_booking(
    recorder: Recorder,
    booking: Booking,
    kind: type[BookingApproved | BookingAccepted],
    message: str | None,
) -> None:
    """Give the guest a seat, now that both sides have said yes, and releases the pending
    bookings that this one rules out.

    Raises CommandRefused `overlap` if the guest is busy at that time, `no_seats` if no seat is
    left. A guest is shown what overlaps; an author is shown only the times of it.
    """
    announcement = recorder.announcement(booking.announcement_id)
    if overlaps := _find_blocking(recorder, booking.guest_id, announcement, booking.id):
        shown = (
            describe_conflicts(overlaps) if kind is BookingAccepted else _show_times_only(overlaps)
        )
        raise CommandRefused("overlap", {"booking_id": booking.id, "conflicts": shown})
    if booking.hold_until is None and announcement.taken >= announcement.ticket_count:
        raise CommandRefused("no_seats", {"ticket_count": announcement.ticket_count})
    record_booking_event(recorder, booking, kind, CONFIRMED, message=message)
    _release_rivals(recorder, booking)
    close_or_offer_seats(recorder, announcement.id)


def reconfirm_booking(recorder: Recorder, booking: Booking) -> None:
    """Confirm a guest who had to choose, because nothing overlaps any more."""
    record_booking_event(recorder, booking, BookingResettled, CONFIRMED)
    _release_rivals(recorder, recorder.booking(booking.id), spare_unsettled=True)


def refuse_overlap(
    recorder: Recorder,
    person_id: PersonId,
    announcement: Announcement,
    own: BookingId | None = None,
) -> None:
    """Raises CommandRefused `overlap`, with all overlaps, if the person is busy at the time of
    the announcement. `own` is as in `find_overlaps`."""
    if overlaps := _find_blocking(recorder, person_id, announcement, own):
        raise CommandRefused("overlap", {"conflicts": describe_conflicts(overlaps)})


def close_or_offer_seats(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Bring the status in line with the seats taken. To be called after every change of them.

    Closes an announcement that has become full. If seats of a full one have become free, offers
    them to the waitlist or opens the announcement again; after its start, it stays closed.
    """
    announcement = recorder.announcement(announcement_id)
    if announcement.status == "Alive" and announcement.taken >= announcement.ticket_count:
        close_announcement(recorder, announcement, announcement.version, "full")
    elif announcement.is_full and announcement.taken < announcement.ticket_count:
        if announcement.event_time > recorder.now:
            _offer_free_seats(recorder, announcement)
        else:
            close_announcement(recorder, announcement, announcement.version, "cutoff")
            dissolve_waitlist(recorder, announcement.id)


def close_announcement(
    recorder: Recorder, announcement: Announcement, version: int, reason: CloseReason
) -> None:
    """Record the close. `version` is the announcement's version after it: the present one if
    the system closes it, the next one if the author does."""
    recorder.record(
        AnnouncementClosed(announcement_id=announcement.id, version=version, reason=reason)
    )


def answer_deadline(recorder: Recorder, announcement: Announcement, at_most: datetime) -> datetime:
    """Return the time until which a held seat may wait for an answer: `at_most`, or earlier
    if the start is near. A time in the past means that there is no time left to ask."""
    return min(at_most, announcement.event_time - recorder.rules.answer_before_start)


def dissolve_waitlist(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Turn all requests on the waitlist into ordinary ones, in their order."""
    for booking_id in recorder.announcement(announcement_id).waitlist:
        record_booking_event(recorder, recorder.booking(booking_id), BookingUnqueued, (None, True))


def _offer_free_seats(recorder: Recorder, announcement: Announcement) -> None:
    hold_until = answer_deadline(recorder, announcement, recorder.now + recorder.rules.offer_hold)
    for booking_id in announcement.waitlist if hold_until > recorder.now else ():
        if recorder.announcement(announcement.id).taken >= announcement.ticket_count:
            return
        booking = recorder.booking(booking_id)
        if booking.preapproved:
            record_booking_event(
                recorder, booking, BookingOffered, (True, None), hold_until=hold_until
            )
    if recorder.announcement(announcement.id).taken < announcement.ticket_count:
        recorder.record(
            AnnouncementReopened(
                announcement_id=announcement.id, version=announcement.version, reason="seat_freed"
            )
        )
        dissolve_waitlist(recorder, announcement.id)


def _release_rivals(
    recorder: Recorder, confirmed: Booking, *, spare_unsettled: bool = False
) -> None:
    """Say no, for the guest, to their pending bookings that overlap the confirmed one.

    With `spare_unsettled`, leaves the bookings between which the guest still has to choose:
    the system has confirmed this one, not their own choice.
    """
    announcement = recorder.announcement(confirmed.announcement_id)
    rivals = find_overlaps(
        recorder.layer,
        confirmed.guest_id,
        announcement,
        gap=recorder.rules.gap,
        own=confirmed.id,
    )
    for rival in rivals:
        booking = recorder.layer.booking_of(rival.announcement_id, confirmed.guest_id)
        if booking is None or not booking.pending or (spare_unsettled and booking.unsettled):
            continue
        record_booking_event(
            recorder,
            booking,
            BookingReleased,
            (booking.author_status, False),
            reason="superseded",
            clashes=(announcement.id,),
        )
        close_or_offer_seats(recorder, booking.announcement_id)


def _show_times_only(overlaps: list[Overlap]) -> list[dict[str, datetime]]:
    return [{"event_time": one.event_time, "ends_at": one.ends_at} for one in overlaps]


def _find_blocking(
    recorder: Recorder,
    person_id: PersonId,
    announcement: Announcement,
    own: BookingId | None,
) -> list[Overlap]:
    found = find_overlaps(
        recorder.layer,
        person_id,
        announcement,
        gap=recorder.rules.gap,
        pending_blocks=recorder.rules.pending_blocks,
        own=own,
    )
    return [one for one in found if one.blocking]
