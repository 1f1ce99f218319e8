"""Limits whom and how often one person may invite, and how often they change their mind.

Invitations are counted for each day of UTC, in log time. Every process comes to the same
count, because only recorded events are counted.
"""

from datetime import datetime, time, timedelta

from command_api.domain.booking.state import Booking
from command_api.domain.recorder import Recorder
from contracts.error_codes import RefusalCode
from contracts.errors import CommandRefused
from contracts.values.ids import PersonId


def refuse_more_invitations(recorder: Recorder, author_id: PersonId, guest_id: PersonId) -> None:
    """Raises CommandRefused if the author may not invite this guest once more today.

    The code is `too_many_invitations` (the author has sent too many), `guest_invited_too_often`
    (too many to this guest) or `not_invitable`. The last one has several causes, and the author
    is not told which: too many from all authors together, a mute, a block, a suspension,
    an erasure (docs/decisions/0011, 0017, 0029).
    """
    rules, now = recorder.rules, recorder.now
    author = recorder.person(author_id)
    if author.invitations_on(now).sent >= rules.invitations_of_host_a_day_max:
        raise refusal_until_tomorrow(
            "too_many_invitations", rules.invitations_of_host_a_day_max, now
        )
    guest = recorder.person(guest_id)
    received_from = guest.invitations_on(now).received_from
    if received_from.count(author_id) >= rules.invitations_of_pair_a_day_max:
        raise refusal_until_tomorrow(
            "guest_invited_too_often", rules.invitations_of_pair_a_day_max, now
        )
    enough = len(received_from) >= rules.invitations_of_guest_a_day_max
    if enough or not guest.may_be_invited_by(author, now):
        raise CommandRefused("not_invitable")


def refuse_another_return(recorder: Recorder, booking: Booking, *, as_guest: bool) -> None:
    """Raises CommandRefused `reopen_limit` if this side has said no too often to take its no
    back. The other side is told of each change of mind, so they are limited. To be called
    before a yes only: a no is never refused."""
    own, noes = (
        (booking.guest_status, booking.guest_noes)
        if as_guest
        else (booking.author_status, booking.author_noes)
    )
    limit = recorder.rules.requests_max
    if own is False and noes >= limit:
        raise CommandRefused("reopen_limit", {"limit": limit})


def refusal_until_tomorrow(code: RefusalCode, limit: int, now: datetime) -> CommandRefused:
    """Return the refusal of somebody who has reached the limit of a day of UTC."""
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    return CommandRefused(code, {"limit": limit, "until": midnight})
