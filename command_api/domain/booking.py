"""Deciding about bookings: request, answer, invite, and the end of a held seat.

The nine pairs of (author_status, guest_status) and their moves are REQUIREMENTS §3.1.
Each side sets its own flag only; when both are true the guest is confirmed, which is
where seats and overlaps are checked (`seats.confirm`). An answer never becomes something
else: a yes to a request that is gone is refused, and only `invite` invites
(docs/decisions/0009-answers-meet-what-is-there.md).
"""

from datetime import datetime
from typing import Any, Final

from command_api.domain.changed_evenings import clashes_of
from command_api.domain.commands import (
    AnswerBooking,
    HoldDue,
    Invitee,
    InviteGuests,
    RequestBooking,
)
from command_api.domain.limits import refuse_another_return, refuse_more_invitations
from command_api.domain.person import meet
from command_api.domain.recorder import Recorder
from command_api.domain.seats import confirm, confirm_again, refuse_overlap, settle, turn
from command_api.domain.state import Announcement, Booking
from command_api.domain.visibility import demand_author, find_visible
from contracts.booking_events import (
    AnyBookingEvent,
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingHoldLapsed,
    BookingInvited,
    BookingLeft,
    BookingPreapproved,
    BookingReconsidered,
    BookingRejected,
    BookingReleased,
    BookingRequested,
    BookingRevoked,
    BookingWithdrawn,
)
from contracts.error_codes import RefusalCode
from contracts.errors import CommandRefused, Forbidden, Malformed, NotFound
from contracts.ids import BookingId, PersonId
from contracts.records import Outcome

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


def request(recorder: Recorder, actor: PersonId, command: RequestBooking) -> Outcome:
    """The actor asks to come. Crossing an invitation, that accepts it."""
    announcement = find_visible(
        recorder.layer, command.announcement_id, actor, follows_author=command.follows_author
    )
    if actor == announcement.author_id:
        raise CommandRefused("own_announcement")
    booking = recorder.layer.booking_of(announcement.id, actor)
    if booking is None:
        booking = _unborn(announcement, command.booking_id, actor, recorder.now)
        _ask(recorder, announcement, booking, command.message)
    elif booking.untold:
        _ask(recorder, announcement, booking, command.message)
    elif booking.guest_status is True:
        if booking.author_status is False:
            raise _contradicted("author_said_no", booking)
        raise CommandRefused("already_booked", _as_it_is(booking))
    else:
        _demand_moving(announcement, recorder.now)
        if booking.pair == (False, False):
            raise _contradicted("author_said_no", booking)
        refuse_another_return(recorder, booking, as_guest=True)
        _guest_yes(recorder, announcement, booking, command.message)
    return _outcome(recorder, booking.id, created=True)


def answer(recorder: Recorder, actor: PersonId, command: AnswerBooking) -> Outcome:
    """The actor's side of a booking says yes or no. Saying it again adds nothing.

    An answer to what is no longer there is refused, with the booking as it is now: the other
    side may have said something in between that the actor had not seen.
    """
    booking = _addressed(recorder, command)
    announcement = recorder.announcement(booking.announcement_id)
    as_guest = actor == booking.guest_id
    if not as_guest and actor != booking.author_id:
        raise NotFound
    if as_guest and (announcement.status == "Created" or booking.untold):
        raise NotFound
    if command.only_as_guest and not as_guest:
        raise Forbidden
    own = booking.guest_status if as_guest else booking.author_status
    if own is not command.my_status:
        try:
            _demand_moving(announcement, recorder.now)
            _move(recorder, announcement, booking, as_guest, command)
        except CommandRefused as refusal:
            facts = _as_it_is(booking) | refusal.facts
            raise CommandRefused(refusal.code, facts) from refusal
    return _outcome(recorder, booking.id)


def invite(recorder: Recorder, actor: PersonId, command: InviteGuests) -> Outcome:
    """The author invites guests; each one's result stands by itself."""
    announcement = recorder.announcement(command.announcement_id)
    demand_author(recorder.layer, announcement, actor)
    _demand_moving(announcement, recorder.now)
    hold_until = command.hold_until
    if hold_until is not None and not recorder.now < hold_until <= announcement.event_time:
        raise Malformed("hold_out_of_range")
    results = [_invite_one(recorder, announcement, one, hold_until) for one in command.guests]
    return Outcome(
        "guests_invited",
        announcement_id=announcement.id,
        facts={"results": results},
    )


def end_hold(recorder: Recorder, command: HoldDue) -> Outcome:
    """A seat was held long enough: free it and pass it on. Moot when it no longer is."""
    booking = recorder.booking(command.booking_id)
    announcement = recorder.announcement(booking.announcement_id)
    moot = booking.hold_until is None or booking.hold_until > recorder.now
    if moot or announcement.is_over(recorder.now):
        return Outcome("unchanged")
    match booking.held_for:
        case "invitation":
            turn(recorder, booking, BookingHoldLapsed, booking.pair)
        case "move":
            _end_choice(recorder, booking)
        case _:
            turn(recorder, booking, BookingReleased, (True, False), reason="offer_expired")
    settle(recorder, announcement.id)
    return Outcome("hold_ended", booking_id=booking.id)


def _end_choice(recorder: Recorder, booking: Booking) -> None:
    """Silence is a no, but for a guest whom an earlier version left with nothing to choose."""
    if clashes := clashes_of(recorder, booking):
        turn(
            recorder, booking, BookingReleased, (True, False), reason="moved_clash", clashes=clashes
        )
    else:
        confirm_again(recorder, booking)


def _addressed(recorder: Recorder, command: AnswerBooking) -> Booking:
    if command.booking_id is not None:
        return recorder.booking(command.booking_id)
    if command.announcement_id is None or command.guest_id is None:
        raise NotFound
    booking = recorder.layer.booking_of(command.announcement_id, command.guest_id)
    if booking is None:
        raise NotFound
    return booking


def _demand_moving(announcement: Announcement, now: datetime) -> None:
    """A draft's invitations move as well; its guests do not see it yet, the author does."""
    if announcement.is_over(now):
        raise CommandRefused("booking_frozen", {"announcement_status": announcement.status})


def _move(
    recorder: Recorder,
    announcement: Announcement,
    booking: Booking,
    as_guest: bool,
    command: AnswerBooking,
) -> None:
    if command.my_status:
        refuse_another_return(recorder, booking, as_guest=as_guest)
    if command.my_status and as_guest:
        _guest_yes(recorder, announcement, booking, command.message)
    elif command.my_status:
        _author_yes(recorder, announcement, booking, command.message)
    else:
        _say_no(recorder, booking, as_guest, command)


def _guest_yes(
    recorder: Recorder, announcement: Announcement, booking: Booking, message: str | None
) -> None:
    match booking.pair:
        case (True, _) if _has_to_wait(recorder, announcement, booking):
            _ask(recorder, announcement, booking, message, preapproved=True)
        case (True, _):
            confirm(recorder, booking, BookingAccepted, message)
        case (None, False):
            _ask(recorder, announcement, booking, message)
        case (False, False):
            turn(recorder, booking, BookingReconsidered, (False, True))
        case _:
            raise _contradicted("invite_revoked", booking)


def _author_yes(
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
            raise _contradicted("guest_said_no", booking)
        case _:
            _ask_again(recorder, announcement, booking, None)


def _say_no(recorder: Recorder, booking: Booking, as_guest: bool, command: AnswerBooking) -> None:
    moves = _GUEST_NO if as_guest else _AUTHOR_NO
    kind = moves.get(booking.pair)
    if kind is None:
        raise _contradicted("invite_revoked" if as_guest else "guest_said_no", booking)
    pair = (booking.author_status, False) if as_guest else (False, booking.guest_status)
    fields: dict[str, Any] = {"reason": command.reason, "message": command.message}
    if kind is BookingRevoked:
        fields["untold"] = recorder.announcement(booking.announcement_id).status == "Created"
    turn(recorder, booking, kind, pair, **fields)
    settle(recorder, booking.announcement_id)


def _contradicted(code: RefusalCode, booking: Booking) -> CommandRefused:
    """The other side has said no: what was to be answered is gone, and `why` says how."""
    why = booking.reason if booking.reason_by == "system" else booking.state
    return CommandRefused(code, _as_it_is(booking) | {"why": why})


def _as_it_is(booking: Booking) -> dict[str, Any]:
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


def _ask(
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


def _invite_one(
    recorder: Recorder, announcement: Announcement, invitee: Invitee, hold_until: datetime | None
) -> dict[str, str]:
    """Raises nothing: what a rule refuses is this guest's result alone."""
    result: dict[str, str] = {"guest_id": invitee.guest_id}
    try:
        booking = _invited(recorder, announcement, invitee, hold_until)
    except CommandRefused as refusal:
        return result | {"code": refusal.code}
    return result | {"code": booking.state, "booking_id": booking.id}


def _invited(
    recorder: Recorder, announcement: Announcement, invitee: Invitee, hold_until: datetime | None
) -> Booking:
    if invitee.guest_id == announcement.author_id:
        raise CommandRefused("own_announcement")
    if invitee.facts is None:
        raise CommandRefused("unknown_person")
    booking = recorder.layer.booking_of(announcement.id, invitee.guest_id)
    if booking is None:
        booking = _unborn(announcement, invitee.booking_id, invitee.guest_id, recorder.now)
    elif booking.author_status is True and booking.guest_status is not False:
        raise CommandRefused("already_invited")
    refuse_another_return(recorder, booking, as_guest=False)
    if booking.guest_status is True:
        _author_yes(recorder, announcement, booking, None)
    else:
        _ask_again(recorder, announcement, booking, hold_until)
    meet(recorder, invitee.facts)
    return recorder.booking(booking.id)


def _ask_again(
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


def _unborn(
    announcement: Announcement, booking_id: BookingId, guest_id: PersonId, now: datetime
) -> Booking:
    """The pair's booking before anybody has said anything; never stored like this."""
    return Booking(
        id=booking_id,
        announcement_id=announcement.id,
        author_id=announcement.author_id,
        guest_id=guest_id,
        created_at=now,
        modified_at=now,
        previous=None,
    )


def _outcome(recorder: Recorder, booking_id: BookingId, *, created: bool = False) -> Outcome:
    booking = recorder.booking(booking_id)
    return Outcome(
        f"booking_{booking.state}",
        created=created,
        announcement_id=booking.announcement_id,
        booking_id=booking.id,
    )
