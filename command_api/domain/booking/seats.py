"""Seats of an evening: who takes one, when it is full, and who is offered a freed one.

Confirmed guests and live holds never exceed `ticket_count`. A full evening is
Closed(full); requests made then wait in line. A freed seat is first offered to the first
guest in line whom the author has approved in advance; with nobody approved the evening
opens again, and who waited becomes an ordinary request. Once the film has begun it stays
closed (cutoff): the author may still let in who asked in time.
"""

from datetime import datetime
from typing import Any

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.calendar import interval_of, overlaps
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
    BookingUnqueued,
)
from contracts.events.booking_state import CONFIRMED, Pair
from contracts.representations import Overlap
from contracts.values.ids import AnnouncementId, PersonId


def turn(
    recorder: Recorder,
    booking: Booking,
    kind: type[AnyBookingEvent],
    pair: Pair,
    **fields: Any,
) -> None:
    """Record that `booking` came to `pair`, counting the seat it takes or gives back."""
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


def confirm(
    recorder: Recorder,
    booking: Booking,
    kind: type[BookingApproved | BookingAccepted],
    message: str | None,
) -> None:
    """Both have said yes: give the guest a seat, and release the requests it rules out.

    Refused where the guest is busy then (`overlap`; the author is told when, and no more: the
    guest's evenings are not the author's business) or no seat is left (`no_seats`).
    """
    announcement = recorder.announcement(booking.announcement_id)
    if conflicts := _blocking(recorder, booking.guest_id, announcement):
        shown = conflicts if kind is BookingAccepted else _times(conflicts)
        raise CommandRefused("overlap", {"booking_id": booking.id, "conflicts": shown})
    if booking.hold_until is None and announcement.taken >= announcement.ticket_count:
        raise CommandRefused("no_seats", {"ticket_count": announcement.ticket_count})
    turn(recorder, booking, kind, CONFIRMED, message=message)
    _release_rivals(recorder, booking)
    settle(recorder, announcement.id)


def confirm_again(recorder: Recorder, booking: Booking) -> None:
    """The guest had to choose between evenings that no longer clash, and keeps the seat."""
    turn(recorder, booking, BookingResettled, CONFIRMED)
    _release_rivals(recorder, recorder.booking(booking.id), but_unsettled=True)


def refuse_overlap(recorder: Recorder, person_id: PersonId, announcement: Announcement) -> None:
    """Raises CommandRefused `overlap` with all conflicts where the person is busy then."""
    if conflicts := _blocking(recorder, person_id, announcement):
        raise CommandRefused("overlap", {"conflicts": conflicts})


def settle(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Close the evening that became full; offer, or open for all, what became free."""
    announcement = recorder.announcement(announcement_id)
    if announcement.status == "Alive" and announcement.taken >= announcement.ticket_count:
        recorder.record(closed(announcement, announcement.version, "full"))
    elif announcement.is_full and announcement.taken < announcement.ticket_count:
        if announcement.event_time > recorder.now:
            _offer_free_seats(recorder, announcement)
        else:
            recorder.record(closed(announcement, announcement.version, "cutoff"))
            dissolve_line(recorder, announcement.id)


def closed(announcement: Announcement, version: int, reason: CloseReason) -> AnnouncementClosed:
    return AnnouncementClosed(announcement_id=announcement.id, version=version, reason=reason)


def answer_deadline(recorder: Recorder, announcement: Announcement, at_most: datetime) -> datetime:
    """Until when a seat may wait for an answer; not in the future where it is too late."""
    return min(at_most, announcement.event_time - recorder.rules.answer_before_start)


def dissolve_line(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Make the waiting requests ordinary ones, in their order."""
    for booking_id in recorder.announcement(announcement_id).waiting:
        turn(recorder, recorder.booking(booking_id), BookingUnqueued, (None, True))


def _offer_free_seats(recorder: Recorder, announcement: Announcement) -> None:
    hold_until = answer_deadline(recorder, announcement, recorder.now + recorder.rules.offer_hold)
    for booking_id in announcement.waiting if hold_until > recorder.now else ():
        if recorder.announcement(announcement.id).taken >= announcement.ticket_count:
            return
        booking = recorder.booking(booking_id)
        if booking.preapproved:
            turn(recorder, booking, BookingOffered, (True, None), hold_until=hold_until)
    if recorder.announcement(announcement.id).taken < announcement.ticket_count:
        recorder.record(
            AnnouncementReopened(
                announcement_id=announcement.id, version=announcement.version, reason="seat_freed"
            )
        )
        dissolve_line(recorder, announcement.id)


def _release_rivals(recorder: Recorder, confirmed: Booking, *, but_unsettled: bool = False) -> None:
    """Say no, on the guest's side, to their pending evenings at the time now taken. If the
    guest has not chosen this one, those they have to choose between are left to them."""
    announcement = recorder.announcement(confirmed.announcement_id)
    rivals = overlaps(
        recorder.layer,
        confirmed.guest_id,
        interval_of(announcement),
        besides=announcement.id,
        gap=recorder.rules.gap,
    )
    for rival in rivals:
        booking = recorder.layer.booking_of(rival.announcement_id, confirmed.guest_id)
        if booking is None or not booking.pending or (but_unsettled and booking.unsettled):
            continue
        turn(
            recorder,
            booking,
            BookingReleased,
            (booking.author_status, False),
            reason="superseded",
            clashes=(announcement.id,),
        )
        settle(recorder, booking.announcement_id)


def _times(conflicts: list[Overlap]) -> list[dict[str, datetime]]:
    return [{"event_time": one.event_time, "ends_at": one.ends_at} for one in conflicts]


def _blocking(recorder: Recorder, person_id: PersonId, announcement: Announcement) -> list[Overlap]:
    found = overlaps(
        recorder.layer,
        person_id,
        interval_of(announcement),
        besides=announcement.id,
        gap=recorder.rules.gap,
        pending_blocks=recorder.rules.pending_blocks,
    )
    return [one for one in found if one.blocking]
