"""Decides whom a person blocks.

A block is the business of the person alone (docs/decisions/0029). What the two have confirmed
stays. What is still open between them ends by the ordinary no of the one who blocks.
"""

from typing import Final

from command_api.domain.booking.answers import say_no
from command_api.domain.person.commands import BlockPerson, UnblockPerson
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused
from contracts.events.person import PersonBlocked, PersonUnblocked
from contracts.journal.records import Outcome
from contracts.values.ids import PersonId


def block_person(recorder: Recorder, command: BlockPerson) -> Outcome:
    """Block somebody for the actor. Repeating it adds nothing. Whether such a person exists is
    not looked up, so the answer does not reveal it."""
    blocker_id, blocked_id = recorder.actor, command.person_id
    if blocked_id == blocker_id:
        raise CommandRefused("block_of_oneself")
    blocked = recorder.person(blocker_id).blocked
    if blocked_id not in blocked:
        if len(blocked) >= recorder.rules.blocks_max:
            raise CommandRefused("blocks_full", {"blocked": len(blocked)})
        recorder.record(PersonBlocked(person_id=blocker_id, blocked_id=blocked_id))
        _end_what_is_open(recorder, guest_id=blocker_id, author_id=blocked_id)
        _end_what_is_open(recorder, guest_id=blocked_id, author_id=blocker_id)
    return Outcome("person_blocked")


def unblock_person(recorder: Recorder, command: UnblockPerson) -> Outcome:
    """Take the actor's block back. Repeating it adds nothing."""
    if command.person_id in recorder.person(recorder.actor).blocked:
        recorder.record(PersonUnblocked(person_id=recorder.actor, blocked_id=command.person_id))
    return Outcome("person_unblocked")


BLOCK_HANDLERS: Final[Handlers] = (
    pair_handler(BlockPerson, block_person),
    pair_handler(UnblockPerson, unblock_person),
)


def _end_what_is_open(recorder: Recorder, *, guest_id: PersonId, author_id: PersonId) -> None:
    """Say no for the actor to each request and invitation between the two. An invitation in a
    draft stays: its guest was not told of it, and from now on never is."""
    for booking_id in recorder.person(guest_id).pending.ids:
        booking = recorder.booking(booking_id)
        if booking.author_id != author_id or not booking.pending:
            continue
        announcement = recorder.announcement(booking.announcement_id)
        if announcement.status != "Created" and not announcement.is_over(recorder.now):
            as_guest = recorder.actor == guest_id
            say_no(recorder, booking, as_guest=as_guest, reason=None, message=None)
