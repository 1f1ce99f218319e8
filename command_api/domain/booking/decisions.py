"""Deciding about bookings: request, answer, invite, and the end of a held seat.

The nine pairs of (author_status, guest_status) and their moves are REQUIREMENTS §3.1.
Each side sets its own flag only; when both are true the guest is confirmed, which is
where seats and overlaps are checked (`seats.confirm`). An answer never becomes something
else: a yes to a request that is gone is refused, and only `invite` invites
(docs/decisions/0009-answers-meet-what-is-there.md).
"""

from datetime import datetime

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import demand_author, find_visible
from command_api.domain.booking.answers import (
    contradict,
    request_seat,
    say_no,
    say_yes_as_author,
    say_yes_as_guest,
    send_invitation,
    show_booking,
)
from command_api.domain.booking.commands import (
    AnswerBooking,
    HoldDue,
    Invitee,
    InviteGuests,
    RequestBooking,
)
from command_api.domain.booking.limits import refuse_another_return
from command_api.domain.booking.rescheduling import clashes_of
from command_api.domain.booking.seats import confirm_again, settle, turn
from command_api.domain.booking.state import Booking
from command_api.domain.person.decisions import meet
from command_api.domain.recorder import Recorder
from contracts.errors import CommandRefused, Forbidden, Malformed, NotFound
from contracts.events.booking import BookingHoldLapsed, BookingReleased
from contracts.journal.records import Outcome
from contracts.values.ids import BookingId, PersonId


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
        request_seat(recorder, announcement, booking, command.message)
    elif booking.untold:
        request_seat(recorder, announcement, booking, command.message)
    elif booking.guest_status is True:
        if booking.author_status is False:
            raise contradict("author_said_no", booking)
        raise CommandRefused("already_booked", show_booking(booking))
    else:
        _demand_moving(announcement, recorder.now)
        if booking.pair == (False, False):
            raise contradict("author_said_no", booking)
        refuse_another_return(recorder, booking, as_guest=True)
        say_yes_as_guest(recorder, announcement, booking, command.message)
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
            facts = show_booking(booking) | refusal.facts
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
        say_yes_as_guest(recorder, announcement, booking, command.message)
    elif command.my_status:
        say_yes_as_author(recorder, announcement, booking, command.message)
    else:
        say_no(recorder, booking, as_guest, command)


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
        say_yes_as_author(recorder, announcement, booking, None)
    else:
        send_invitation(recorder, announcement, booking, hold_until)
    meet(recorder, invitee.facts)
    return recorder.booking(booking.id)


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
