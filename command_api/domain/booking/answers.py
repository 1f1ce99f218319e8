"""What each side of a booking may say to the other."""

from datetime import datetime
from typing import Any, Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.commands import AnswerBooking
from command_api.domain.booking.limits import refuse_more_invitations
from command_api.domain.booking.seats import confirm, refuse_overlap, settle, turn
from command_api.domain.booking.state import Booking
from command_api.domain.recorder import Recorder
from contracts.error_codes import RefusalCode
from contracts.errors import CommandRefused
from contracts.events.booking import (
    AnyBookingEvent,
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingInvited,
    BookingLeft,
    BookingPreapproved,
    BookingReconsidered,
    BookingRejected,
    BookingRequested,
    BookingRevoked,
    BookingWithdrawn,
)

_GUEST_NO: Final[dict[tuple[bool | None, bool | None], type[AnyBookingEvent]]] = {
    (None, True): BookingWithdrawn,
    (True, None): BookingDeclined,
    (True, True): BookingLeft,
    (False, True): BookingWithdrawn,
}


_AUTHOR_NO: Final[dict[tuple[bool | None, bool | None], type[AnyBookingEvent]]] = {
    (None, True): BookingRejected,
    (True, None): BookingRevoked,
    (True, True): BookingRejected,
    (True, False): BookingRevoked,
}


def say_yes_as_guest(
    recorder: Recorder, announcement: Announcement, booking: Booking, message: str | None
) -> None:
    match booking.pair:
        case (True, _) if _has_to_wait(recorder, announcement, booking):
            request_seat(recorder, announcement, booking, message, preapproved=True)
        case (True, _):
            confirm(recorder, booking, BookingAccepted, message)
        case (None, False):
            request_seat(recorder, announcement, booking, message)
        case (False, False):
            turn(recorder, booking, BookingReconsidered, (False, True))
        case _:
            raise contradict("invite_revoked", booking)


def say_yes_as_author(
    recorder: Recorder, announcement: Announcement, booking: Booking, message: str | None
) -> None:
    match booking.pair:
        case (None, True) if booking.waiting:
            if not booking.preapproved:
                turn(recorder, booking, BookingPreapproved, (None, True), message=message)
        case (_, True):
            confirm(recorder, booking, BookingApproved, message)
        case (False, False):
            turn(recorder, booking, BookingReconsidered, (True, False))
        case (None, False):
            raise contradict("guest_said_no", booking)
        case _:
            send_invitation(recorder, announcement, booking, None)


def say_no(recorder: Recorder, booking: Booking, as_guest: bool, command: AnswerBooking) -> None:
    moves = _GUEST_NO if as_guest else _AUTHOR_NO
    kind = moves.get(booking.pair)
    if kind is None:
        raise contradict("invite_revoked" if as_guest else "guest_said_no", booking)
    pair = (booking.author_status, False) if as_guest else (False, booking.guest_status)
    fields: dict[str, Any] = {"reason": command.reason, "message": command.message}
    if kind is BookingRevoked:
        fields["untold"] = recorder.announcement(booking.announcement_id).status == "Created"
    turn(recorder, booking, kind, pair, **fields)
    settle(recorder, booking.announcement_id)


def contradict(code: RefusalCode, booking: Booking) -> CommandRefused:
    """The other side has said no: what was to be answered is gone, and `why` says how."""
    why = booking.reason if booking.reason_by == "system" else booking.state
    return CommandRefused(code, show_booking(booking) | {"why": why})


def show_booking(booking: Booking) -> dict[str, Any]:
    """The facts of a refusal that show the booking as it is now."""
    return {
        "booking_id": booking.id,
        "state": booking.state,
        "author_status": booking.author_status,
        "guest_status": booking.guest_status,
    }


def _has_to_wait(recorder: Recorder, announcement: Announcement, booking: Booking) -> bool:
    """Whether a yes comes to a full evening that still has a line to stand in."""
    begun = recorder.now >= announcement.event_time
    return announcement.is_full and not begun and booking.hold_until is None


def request_seat(
    recorder: Recorder,
    announcement: Announcement,
    booking: Booking,
    message: str | None,
    *,
    preapproved: bool = False,
) -> None:
    """The guest's request, first or repeated: taken, put in line, or refused. Only one who
    stands in line can have the author's yes in advance."""
    rules = recorder.rules
    started = recorder.now >= announcement.event_time
    if started or not (announcement.status == "Alive" or announcement.is_full):
        raise CommandRefused(
            "announcement_closed",
            {
                "announcement_status": announcement.status,
                "closed_reason": announcement.closed_reason,
            },
        )
    if booking.requests >= rules.requests_max:
        raise CommandRefused("reopen_limit", {"requests": booking.requests})
    if announcement.is_full and len(announcement.waiting) >= rules.waiting_max:
        raise CommandRefused("waitlist_full", {"waiting": len(announcement.waiting)})
    refuse_overlap(recorder, booking.guest_id, announcement)
    turn(
        recorder,
        booking,
        BookingRequested,
        (None, True),
        author_id=announcement.author_id,
        waiting=announcement.is_full,
        preapproved=preapproved,
        message=message,
    )


def send_invitation(
    recorder: Recorder, announcement: Announcement, booking: Booking, hold_until: datetime | None
) -> None:
    """An invitation: the first, after a revoked one, or once after the guest's own no; an
    own no is lifted along with it."""
    if booking.guest_status is False and booking.invited_again:
        raise CommandRefused("reopen_limit")
    announcement = recorder.announcement(announcement.id)
    if hold_until is not None and announcement.taken >= announcement.ticket_count:
        raise CommandRefused("no_seats", {"ticket_count": announcement.ticket_count})
    refuse_more_invitations(recorder, announcement.author_id, booking.guest_id)
    turn(
        recorder,
        booking,
        BookingInvited,
        (True, None),
        author_id=announcement.author_id,
        hold_until=hold_until,
    )
    settle(recorder, announcement.id)
