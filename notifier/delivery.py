"""What becomes of one notice that is due: sent, put off, not wanted, or too late. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from contracts.values.zones import zone_or_utc
from notifier.effects import NEVER_DELAYED
from notifier.policies.facts import about
from notifier.preferences import Preferences, quiet_until
from notifier.rights import Standing, told_facts
from notifier.store.queue import Result, Taken
from notifier.texts.render import Message, Reader, render
from runtime.outside.ports import Notice, PersonProfile

SWITCHED_OFF: Final = "switched_off"
RECEIPTS_OFF: Final = "receipts_off"
TOO_LATE: Final = "too_late"


class Recipient(NamedTuple):
    """A person and their wishes; the wishes win over what Auth says."""

    person: PersonProfile
    wishes: Preferences

    @property
    def reader(self) -> Reader:
        return Reader(
            self.person.person_id,
            self.wishes.language or self.person.language,
            zone_or_utc(self.wishes.tz or self.person.tz),
        )


def missed(taken: Taken, now: datetime) -> Result | None:
    """The end of a notice whose time is over; None while it is not.

    A reminder is skipped; what could not be delivered within the budget is parked for a
    person to look at.
    """
    if now < taken.expires_at:
        return None
    if taken.reason is None or taken.event_time is not None:
        return Result(taken.id, "skipped", TOO_LATE)
    return Result(taken.id, "parked", taken.reason)


def held_back(taken: Taken, recipient: Recipient, now: datetime) -> Result | None:
    """Why the notice does not go now; None where it does.

    In quiet hours a notice waits for their end. One that would be of no use by then, and a
    cancellation, goes at once.
    """
    wishes = recipient.wishes
    if taken.kind in wishes.off:
        return Result(taken.id, "skipped", SWITCHED_OFF)
    if taken.receipt and not wishes.receipts:
        return Result(taken.id, "skipped", RECEIPTS_OFF)
    until = quiet_until(wishes, recipient.reader.zone, now)
    if until is None or taken.kind in NEVER_DELAYED or until >= taken.expires_at:
        return None
    return Result(taken.id, "waiting", taken.reason, try_at=until, untried=True)


def owned_up(taken: Taken, result: Result) -> Result:
    """The result, with what an earlier attempt left open: what may have arrived is not said
    to have been dropped or skipped."""
    if not taken.unsettled or result.state == "sent":
        return result
    state = "unconfirmed" if result.state in ("dropped", "skipped") else result.state
    return result._replace(state=state, unsettled=True)


def compose(
    taken: Taken,
    recipient: Recipient,
    standing: Standing,
    names: Mapping[str, str],
    short_link: str,
    now: datetime,
) -> Notice:
    """The message. A reminder speaks of the evening as it is now, not as it was planned."""
    facts = told_facts(taken.facts, taken.recipient, standing)
    if taken.event_time is not None:
        facts = facts | about(standing.evening)
    message: Message = render(taken.kind, facts, recipient.reader, names, now)
    return Notice(
        key=taken.key,
        user_id=taken.recipient,
        event_type=taken.kind,
        title=message.title,
        text=message.text,
        short_link=short_link,
        created_at=max(taken.happened_at, taken.due_at),
        context=facts
        | {
            "announcement_id": taken.announcement_id,
            "booking_id": taken.booking_id,
            "names": {person: names[person] for person in _people(facts) if person in names},
        },
    )


def _people(facts: Mapping[str, str]) -> set[str]:
    return {facts[who] for who in ("author_id", "guest_id") if who in facts}
