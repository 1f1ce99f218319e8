"""Decides the erasure of a person: requested, confirmed, withdrawn, and carried out in steps.

Once its time has come, the system first gives up for the person, by the ordinary rules, what
others depend on: their announcements are called off, their bookings given back. Each step is a
command of its own, so that its record stays small. The last step records PersonErased and
nothing else (docs/decisions/0017).
"""

from datetime import datetime
from typing import Final

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.announcement.decisions import call_off, meet_deadline
from command_api.domain.booking.answers import say_no
from command_api.domain.booking.seats import revoke_untold
from command_api.domain.person.commands import (
    ConfirmErasure,
    ErasureDue,
    OrderErasure,
    RequestErasure,
    WithdrawErasure,
)
from command_api.domain.person.state import Erasure
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
)
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, BookingId, PersonId

EVENTS_A_STEP: Final = 20
"""A step begins nothing more once it has recorded so many events. What it has begun may add as
many as an ordinary command."""


def request_erasure(recorder: Recorder, _command: RequestErasure) -> Outcome:
    """Note that the actor wants to be erased. Adds nothing while an earlier request stands."""
    if _find_standing(recorder, recorder.actor) is None:
        _record_request(recorder, recorder.actor, recorder.now + recorder.rules.erasure_delay)
    return Outcome("erasure_requested")


def confirm_erasure(recorder: Recorder, command: ConfirmErasure) -> Outcome:
    """Confirm the actor's request. Repeating it adds nothing. Raises CommandRefused
    `erasure_not_requested` if that request does not stand any more."""
    erasure = _find_standing(recorder, recorder.actor)
    if erasure is None or erasure.erase_at != command.erase_at:
        raise CommandRefused("erasure_not_requested")
    if erasure.status != "confirmed":
        recorder.record(PersonErasureConfirmed(person_id=recorder.actor))
    return Outcome("erasure_confirmed")


def order_erasure(recorder: Recorder, command: OrderErasure) -> Outcome:
    """Request and confirm the erasure of a person. Adds nothing if one is confirmed, unless this
    one is to begin sooner, or if nothing would be erased. Raises NotFound if nobody has the id."""
    person_id, now = command.person_id, recorder.now
    person = recorder.layer.people.get(person_id)
    if person is None:
        raise NotFound
    if person.is_blank:
        return Outcome("unchanged")
    erasure = _find_standing(recorder, person_id)
    if erasure is None or (command.at_once and erasure.erase_at > now):
        erase_at = now if command.at_once else now + recorder.rules.erasure_delay
        _record_request(recorder, person_id, erase_at, command.by)
        erasure = None
    if erasure is None or erasure.status != "confirmed":
        recorder.record(PersonErasureConfirmed(person_id=person_id, by=command.by))
    return Outcome("erasure_confirmed")


def withdraw_erasure(recorder: Recorder, command: WithdrawErasure) -> Outcome:
    """Take a request back. Adds nothing if there is none. Raises Forbidden `erasing` if the
    erasure has begun."""
    if recorder.person(command.person_id).is_erasing(recorder.now):
        raise Forbidden("erasing")
    if _find_standing(recorder, command.person_id) is not None:
        recorder.record(PersonErasureWithdrawn(person_id=command.person_id, by=command.by))
    return Outcome("erasure_withdrawn")


def carry_out_erasure(recorder: Recorder, command: ErasureDue) -> Outcome:
    """Take the next step of an erasure: give up some of what the person is engaged in, or, if
    nothing is left of it, erase them. Adds nothing if it has not begun."""
    person = recorder.person(command.person_id)
    if not person.is_erasing(recorder.now):
        return Outcome("unchanged")
    for announcement_id in person.announcements:
        if len(recorder.events) < EVENTS_A_STEP:
            _end_announcement(recorder, announcement_id)
    for booking_id in person.bookings:
        if len(recorder.events) < EVENTS_A_STEP:
            _give_back(recorder, booking_id)
    if recorder.events:
        return Outcome("erasure_begun")
    recorder.record(PersonErased(person_id=person.id))
    return Outcome("person_erased")


ERASURE_HANDLERS: Final[Handlers] = (
    pair_handler(RequestErasure, request_erasure),
    pair_handler(ConfirmErasure, confirm_erasure),
    pair_handler(OrderErasure, order_erasure),
    pair_handler(WithdrawErasure, withdraw_erasure),
    pair_handler(ErasureDue, carry_out_erasure),
)


def _find_standing(recorder: Recorder, person_id: PersonId) -> Erasure | None:
    erasure = recorder.person(person_id).erasure
    return erasure if erasure is not None and erasure.stands(recorder.now) else None


def _record_request(
    recorder: Recorder, person_id: PersonId, erase_at: datetime, by: str | None = None
) -> None:
    recorder.record(PersonErasureRequested(person_id=person_id, erase_at=erase_at, by=by))


def _end_announcement(recorder: Recorder, announcement_id: AnnouncementId) -> None:
    """Record the end of an announcement whose time has passed; call off any other. Of a draft with
    very many invitations, first takes back some of these."""
    announcement = recorder.announcement(announcement_id)
    if announcement.status == "Created":
        for booking in list(recorder.layer.bookings_of(announcement)):
            if len(recorder.events) >= EVENTS_A_STEP:
                return
            if booking.pair == (True, None):
                revoke_untold(recorder, booking)
    if announcement.is_over(recorder.now):
        meet_deadline(recorder, AnnouncementDue(announcement_id=announcement_id))
    else:
        call_off(recorder, announcement, "system", None)


def _give_back(recorder: Recorder, booking_id: BookingId) -> None:
    """Say no for the guest, so that the seat is offered to others. If the announcement's time has
    passed, record its end instead; a draft loses an invitation that the guest was never told."""
    booking = recorder.booking(booking_id)
    announcement = recorder.announcement(booking.announcement_id)
    if announcement.is_over(recorder.now):
        meet_deadline(recorder, AnnouncementDue(announcement_id=announcement.id))
    elif announcement.status == "Created":
        revoke_untold(recorder, booking)
    else:
        say_no(recorder, booking, as_guest=True, reason=None, message=None)
