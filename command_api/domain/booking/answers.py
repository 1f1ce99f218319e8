"""Decides what a yes or no of either side of a booking does, and records it.

docs/requirements.md §3.1 lists the nine pairs of (author_status, guest_status) and the ways
between them. Each side sets only its own status. Once both are true the guest is confirmed;
`seats.confirm_booking` then checks seats and overlaps. An answer never turns into something
else: a yes to a request that is gone is refused, and only `send_invitation` invites
(docs/decisions/0009-answers-meet-what-is-there.md).
"""

from datetime import datetime
from typing import Any, Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.limits import refuse_more_invitations
from command_api.domain.booking.seats import (
    close_or_offer_seats,
    confirm_booking,
    record_booking_event,
    refuse_overlap,
)
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
from contracts.events.folding.booking_state import Pair

_NO_OF_GUEST: Final[dict[Pair, type[AnyBookingEvent]]] = {
    (None, True): BookingWithdrawn,
    (True, None): BookingDeclined,
    (True, True): BookingLeft,
    (False, True): BookingWithdrawn,
}
_NO_OF_AUTHOR: Final[dict[Pair, type[AnyBookingEvent]]] = {
    (None, True): BookingRejected,
    (True, None): BookingRevoked,
    (True, True): BookingRejected,
    (True, False): BookingRevoked,
}


def place_request(
    recorder: Recorder,
    announcement: Announcement,
    booking: Booking,
    message: str | None,
    *,
    preapproved: bool = False,
) -> None:
    """Record the guest's request, first or repeated. If the announcement is full, the request
    goes on the waitlist.

    Raises CommandRefused if a rule says no. `preapproved` says that the author has said yes in
    advance, which is possible only on the waitlist.
    """
    rules = recorder.rules
    refuse_if_closed(announcement, recorder.now)
    if booking.requests >= rules.requests_max:
        raise CommandRefused("reopen_limit", {"requests": booking.requests})
    if announcement.is_full and len(announcement.waitlist) >= rules.waiting_max:
        raise CommandRefused("waitlist_full", {"waiting": len(announcement.waitlist)})
    refuse_overlap(recorder, booking.guest_id, announcement, booking.id)
    record_booking_event(
        recorder,
        booking,
        BookingRequested,
        (None, True),
        author_id=announcement.author_id,
        waiting=announcement.is_full,
        preapproved=preapproved,
        message=message,
    )


def refuse_if_closed(announcement: Announcement, now: datetime) -> None:
    """Raises CommandRefused `announcement_closed` unless the announcement takes requests: it has
    not begun, and is open or has a waitlist."""
    if now >= announcement.event_time or not (
        announcement.status == "Alive" or announcement.is_full
    ):
        raise CommandRefused(
            "announcement_closed",
            {
                "announcement_status": announcement.status,
                "closed_reason": announcement.closed_reason,
            },
        )


def send_invitation(
    recorder: Recorder, announcement: Announcement, booking: Booking, hold_until: datetime | None
) -> None:
    """Record an invitation. It takes back a no of the author.

    Raises CommandRefused if a rule says no: among others, `reopen_limit` if the author has
    already invited again after the guest's own no, which is possible once.
    """
    if booking.guest_status is False and booking.invited_again:
        raise CommandRefused("reopen_limit")
    announcement = recorder.announcement(announcement.id)
    if hold_until is not None and announcement.taken >= announcement.ticket_count:
        raise CommandRefused("no_seats", {"ticket_count": announcement.ticket_count})
    refuse_more_invitations(recorder, announcement.author_id, booking.guest_id)
    record_booking_event(
        recorder,
        booking,
        BookingInvited,
        (True, None),
        author_id=announcement.author_id,
        hold_until=hold_until,
    )
    close_or_offer_seats(recorder, announcement.id)


def say_yes_as_guest(
    recorder: Recorder,
    announcement: Announcement,
    booking: Booking,
    message: str | None,
    *,
    preapproved: bool = False,
) -> None:
    """Accept an invitation or an offer, or request again, `preapproved` as in `place_request`.
    Raises CommandRefused if a rule says no, `invite_revoked` if the invitation is gone."""
    match booking.pair:
        case (True, _) if _must_wait(recorder, announcement, booking):
            place_request(recorder, announcement, booking, message, preapproved=True)
        case (True, _):
            confirm_booking(recorder, booking, BookingAccepted, message)
        case (None, False):
            place_request(recorder, announcement, booking, message, preapproved=preapproved)
        case (False, False):
            record_booking_event(recorder, booking, BookingReconsidered, (False, True))
        case _:
            raise refusal_with_why("invite_revoked", booking)


def say_yes_as_author(
    recorder: Recorder, announcement: Announcement, booking: Booking, message: str | None
) -> None:
    """Approve a request, also in advance on the waitlist, or invite. Raises CommandRefused if
    a rule says no, `guest_said_no` if the request is gone."""
    match booking.pair:
        case (None, True) if booking.waiting:
            if not booking.preapproved:
                record_booking_event(
                    recorder, booking, BookingPreapproved, (None, True), message=message
                )
        case (_, True):
            confirm_booking(recorder, booking, BookingApproved, message)
        case (False, False):
            record_booking_event(recorder, booking, BookingReconsidered, (True, False))
        case (None, False):
            raise refusal_with_why("guest_said_no", booking)
        case _:
            send_invitation(recorder, announcement, booking, None)


def confirm_by_link(recorder: Recorder, booking: Booking, message: str | None) -> None:
    """Confirm a guest to whom the author has said yes in advance by a link; on the waitlist,
    approve them in advance. Adds nothing for a guest who is. Raises CommandRefused if a rule says
    no."""
    if booking.waiting and not booking.preapproved:
        record_booking_event(recorder, booking, BookingPreapproved, (None, True))
    elif booking.pair == (None, True) and not booking.waiting:
        confirm_booking(recorder, booking, BookingAccepted, message)


def say_no(
    recorder: Recorder,
    booking: Booking,
    *,
    as_guest: bool,
    reason: str | None,
    message: str | None,
) -> None:
    """Record one side's no, and pass its seat on. Raises CommandRefused `invite_revoked` or
    `guest_said_no` if there is nothing left to say no to."""
    kind = (_NO_OF_GUEST if as_guest else _NO_OF_AUTHOR).get(booking.pair)
    if kind is None:
        raise refusal_with_why("invite_revoked" if as_guest else "guest_said_no", booking)
    pair = (booking.author_status, False) if as_guest else (False, booking.guest_status)
    fields: dict[str, Any] = {"reason": reason, "message": message}
    if kind is BookingRevoked:
        fields["untold"] = recorder.announcement(booking.announcement_id).status == "Created"
    record_booking_event(recorder, booking, kind, pair, **fields)
    close_or_offer_seats(recorder, booking.announcement_id)


def refusal_with_why(code: RefusalCode, booking: Booking) -> CommandRefused:
    """Return the refusal of an answer to something that the other side, or the system, has
    taken back. Its fact `why` is the system's reason, or else the booking's state."""
    why = booking.reason if booking.reason_by == "system" else booking.state
    return CommandRefused(code, describe_booking(booking) | {"why": why})


def describe_booking(booking: Booking) -> dict[str, Any]:
    """Return facts for a refusal that show the booking as it is now."""
    return {
        "booking_id": booking.id,
        "state": booking.state,
        "author_status": booking.author_status,
        "guest_status": booking.guest_status,
    }


def _must_wait(recorder: Recorder, announcement: Announcement, booking: Booking) -> bool:
    """Whether a guest's yes to an invitation goes on the waitlist: the announcement is full, has
    not begun, and holds no seat for them."""
    begun = recorder.now >= announcement.event_time
    return announcement.is_full and not begun and booking.hold_until is None
