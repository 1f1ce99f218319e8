"""Decides the commands about bookings: request, answer, invite, end a hold."""

from datetime import datetime
from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.announcement.visibility import find_own, find_visible
from command_api.domain.booking.answers import (
    describe_booking,
    place_request,
    refusal_with_why,
    say_no,
    say_yes_as_author,
    say_yes_as_guest,
    send_invitation,
)
from command_api.domain.booking.commands import (
    AnswerBooking,
    HoldDue,
    Invitee,
    InviteGuests,
    RequestBooking,
)
from command_api.domain.booking.limits import refuse_another_return
from command_api.domain.booking.rescheduling import find_blocking_announcements, release_after_move
from command_api.domain.booking.seats import (
    close_or_offer_seats,
    reconfirm_booking,
    record_booking_event,
)
from command_api.domain.booking.state import Booking
from command_api.domain.person.acquaintance import record_person_seen
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Forbidden, Malformed, NotFound
from contracts.events.booking import BookingHoldLapsed, BookingReleased
from contracts.journal.records import Outcome
from contracts.values.ids import BookingId, PersonId


def request_booking(recorder: Recorder, command: RequestBooking) -> Outcome:
    """Request a seat for the actor. If they have been invited, accepts the invitation."""
    announcement = find_visible(
        recorder.layer,
        command.announcement_id,
        recorder.actor,
        follows_author=command.follows_author,
    )
    booking = request_seat(recorder, announcement, command.booking_id, command.message)
    return outcome_of(booking, created=True)


def request_seat(
    recorder: Recorder,
    announcement: Announcement,
    booking_id: BookingId,
    message: str | None,
    *,
    preapproved: bool = False,
) -> Booking:
    """Request a seat for the actor, who may see the announcement, and return the booking. Accepts
    an invitation. `booking_id` is for the pair's first booking. `preapproved` is as in
    `place_request`. Raises CommandRefused."""
    actor = recorder.actor
    if actor == announcement.author_id:
        raise CommandRefused("own_announcement")
    booking = recorder.layer.booking_of(announcement.id, actor)
    if booking is None:
        booking = _make_blank_booking(announcement, booking_id, actor, recorder.now)
        place_request(recorder, announcement, booking, message, preapproved=preapproved)
    elif booking.untold:
        place_request(recorder, announcement, booking, message, preapproved=preapproved)
    elif booking.guest_status is True:
        if booking.author_status is False:
            raise refusal_with_why("author_said_no", booking)
        raise CommandRefused("already_booked", describe_booking(booking))
    else:
        refuse_if_over(announcement, recorder.now)
        if booking.pair == (False, False):
            raise refusal_with_why("author_said_no", booking)
        refuse_another_return(recorder, booking, as_guest=True)
        say_yes_as_guest(recorder, announcement, booking, message)
    return recorder.booking(booking.id)


def answer_booking(recorder: Recorder, command: AnswerBooking) -> Outcome:
    """Say yes or no for the actor's side of a booking. Saying it again adds nothing.

    An answer to something that is no longer there is refused, with the booking as it is now:
    the other side may have answered meanwhile, and the actor has not seen it.
    """
    booking = _find_named_booking(recorder, command)
    announcement = recorder.announcement(booking.announcement_id)
    as_guest = recorder.actor == booking.guest_id
    if not as_guest and recorder.actor != booking.author_id:
        raise NotFound
    if as_guest and (announcement.status == "Created" or booking.untold):
        raise NotFound
    if command.only_as_guest and not as_guest:
        raise Forbidden
    blocked = recorder.layer.are_apart(booking.guest_id, booking.author_id)
    apart = blocked and not booking.confirmed
    if apart and as_guest:
        raise NotFound
    own = booking.guest_status if as_guest else booking.author_status
    if own is not command.my_status:
        try:
            refuse_if_over(announcement, recorder.now)
            if apart and command.my_status and booking.guest_status is True:
                raise CommandRefused("not_invitable")
            _answer(recorder, announcement, booking, as_guest, command)
        except CommandRefused as refusal:
            facts = describe_booking(booking) | refusal.facts
            raise CommandRefused(refusal.code, facts) from refusal
    return outcome_of(recorder.booking(booking.id))


def invite_guests(recorder: Recorder, command: InviteGuests) -> Outcome:
    """Invite guests for the author. Each guest gets a result of their own: one refusal does
    not stop the others."""
    announcement = find_own(recorder.layer, command.announcement_id, recorder.actor)
    refuse_if_over(announcement, recorder.now)
    hold_until = command.hold_until
    if hold_until is not None and not recorder.now < hold_until <= announcement.event_time:
        raise Malformed.of_field("hold_until", "hold_out_of_range")
    results = [try_to_invite(recorder, announcement, one, hold_until) for one in command.guests]
    return Outcome(
        "guests_invited",
        announcement_id=announcement.id,
        facts={"results": results},
    )


def end_hold(recorder: Recorder, command: HoldDue) -> Outcome:
    """End a hold whose time has passed, and pass the seat on. Adds nothing if the seat is no
    longer held, the time has not come, or the announcement is over."""
    booking = recorder.booking(command.booking_id)
    announcement = recorder.announcement(booking.announcement_id)
    moot = booking.hold_until is None or booking.hold_until > recorder.now
    if moot or announcement.is_over(recorder.now):
        return Outcome("unchanged")
    match booking.held_for:
        case "invitation":
            record_booking_event(recorder, booking, BookingHoldLapsed, booking.pair)
        case "move":
            _end_choice(recorder, booking)
        case _:
            record_booking_event(
                recorder, booking, BookingReleased, (True, False), reason="offer_expired"
            )
    close_or_offer_seats(recorder, announcement.id)
    return Outcome("hold_ended", booking_id=booking.id)


BOOKING_HANDLERS: Final[Handlers] = (
    pair_handler(RequestBooking, request_booking),
    pair_handler(AnswerBooking, answer_booking),
    pair_handler(InviteGuests, invite_guests),
    pair_handler(HoldDue, end_hold),
)


def _end_choice(recorder: Recorder, booking: Booking) -> None:
    """Take the guest's silence for a no. If nothing overlaps any more, confirms them instead:
    earlier versions of the software did not do so when the overlap went."""
    if overlapping := find_blocking_announcements(recorder, booking):
        release_after_move(recorder, booking, overlapping)
    else:
        reconfirm_booking(recorder, booking)


def _find_named_booking(recorder: Recorder, command: AnswerBooking) -> Booking:
    """Return the booking that the command names. Raises NotFound if there is none."""
    if command.booking_id is not None:
        return recorder.booking(command.booking_id)
    if command.announcement_id is None or command.guest_id is None:
        raise NotFound
    booking = recorder.layer.booking_of(command.announcement_id, command.guest_id)
    if booking is None:
        raise NotFound
    return booking


def refuse_if_over(announcement: Announcement, now: datetime) -> None:
    """Raises CommandRefused `booking_frozen` if the announcement is over. A draft is not: its
    author may change its invitations, which the guests do not see yet."""
    if announcement.is_over(now):
        raise CommandRefused("booking_frozen", {"announcement_status": announcement.status})


def _answer(
    recorder: Recorder,
    announcement: Announcement,
    booking: Booking,
    as_guest: bool,
    command: AnswerBooking,
) -> None:
    if not command.my_status:
        say_no(
            recorder,
            booking,
            as_guest=as_guest,
            reason=command.reason,
            message=command.message,
        )
        return
    refuse_another_return(recorder, booking, as_guest=as_guest)
    say_yes = say_yes_as_guest if as_guest else say_yes_as_author
    say_yes(recorder, announcement, booking, command.message)


def try_to_invite(
    recorder: Recorder, announcement: Announcement, invitee: Invitee, hold_until: datetime | None
) -> dict[str, str]:
    """Invite one guest and return the result: the booking's state, or the refusal's code."""
    result: dict[str, str] = {"guest_id": invitee.guest_id}
    try:
        booking = _invite(recorder, announcement, invitee, hold_until)
    except CommandRefused as refusal:
        return result | {"code": refusal.code}
    return result | {"code": booking.state, "booking_id": booking.id}


def _invite(
    recorder: Recorder, announcement: Announcement, invitee: Invitee, hold_until: datetime | None
) -> Booking:
    if invitee.guest_id == announcement.author_id:
        raise CommandRefused("own_announcement")
    if invitee.facts is None:
        raise CommandRefused("unknown_person")
    booking = recorder.layer.booking_of(announcement.id, invitee.guest_id)
    if booking is None:
        booking = _make_blank_booking(
            announcement, invitee.booking_id, invitee.guest_id, recorder.now
        )
    elif booking.author_status is True and booking.guest_status is not False:
        raise CommandRefused("already_invited")
    refuse_another_return(recorder, booking, as_guest=False)
    if booking.guest_status is True:
        if recorder.layer.are_apart(booking.guest_id, booking.author_id):
            raise CommandRefused("not_invitable")
        say_yes_as_author(recorder, announcement, booking, None)
    else:
        send_invitation(recorder, announcement, booking, hold_until)
    record_person_seen(recorder, invitee.facts)
    return recorder.booking(booking.id)


def _make_blank_booking(
    announcement: Announcement, booking_id: BookingId, guest_id: PersonId, now: datetime
) -> Booking:
    """Return a booking in which neither side has said anything. It is never stored like this:
    the first event makes the stored one."""
    return Booking(
        id=booking_id,
        announcement_id=announcement.id,
        author_id=announcement.author_id,
        guest_id=guest_id,
        created_at=now,
        modified_at=now,
        previous=None,
        previous_of_guest=None,
    )


def outcome_of(booking: Booking, *, created: bool = False) -> Outcome:
    """Return the outcome that names the booking as it is given."""
    return Outcome(
        f"booking_{booking.state}",
        created=created,
        announcement_id=booking.announcement_id,
        booking_id=booking.id,
    )
