"""States the level from which on each type and field of events may be written.

A new build writes a new type of event, or a new field of an old type, only once every process of
the cell can read it. An older process stops at a type that it does not know, or parks its key. It
leaves a field that it does not know out of its tables. So both come with the next level, and a cell
records only what is at or below its own (`COMMAND_API_WRITE_LEVEL`).

A new type or field gets the level NEWEST + 1. A release sets READ_BY_ALL to the NEWEST of the
release before it. A type without a level can never be written, so nobody forgets to state one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import structs

from contracts.errors import NotEnabledYet
from contracts.events.stored.base import Event

_LEVEL_1: Final = """
        announcement.cancelled.v1 announcement.changed.v1 announcement.closed.v1
        announcement.created.v1 announcement.done.v1 announcement.published.v1
        announcement.reopened.v1 booking.accepted.v1 booking.approved.v1 booking.declined.v1
        booking.hold_lapsed.v1 booking.hold_shortened.v1 booking.invited.v1 booking.left.v1
        booking.offered.v1 booking.preapproved.v1 booking.reconsidered.v1
        booking.rejected.v1 booking.released.v1 booking.requested.v1 booking.resettled.v1
        booking.revoked.v1 booking.unqueued.v1 booking.unsettled.v1 booking.withdrawn.v1
        broadcast.cancelled.v1 broadcast.changed.v1 broadcast.sent.v1 broadcast.written.v1
        feed.made.v1 feed.revoked.v1 invite_job.advanced.v1 invite_job.begun.v1
        invite_link.made.v1 invite_link.revoked.v1 invite_link.used.v1 person.blocked.v1
        person.erased.v1 person.erasure_confirmed.v1 person.erasure_requested.v1
        person.erasure_withdrawn.v1 person.muted.v1 person.reinstated.v1 person.seen.v1
        person.suspended.v1 person.unblocked.v1 person.unmuted.v1 plan.film_planned.v1
        plan.film_unplanned.v1 plan.free_times_stated.v1 post.changed.v1 post.deleted.v1
        post.written.v1 posts.read.v1 rating.changed.v1 rating.given.v1 rating.replied.v1
        rating.retracted.v1 rating.revealed.v1 rating.signed.v1 report.answered.v1
        report.evening_hidden.v1 report.made.v1 report.post_hidden.v1
        report.review_hidden.v1
"""
TYPES: Final[Mapping[str, int]] = dict.fromkeys(_LEVEL_1.split(), 1)
"""The level of each type, by its stored name."""
FIELDS: Final[Mapping[tuple[str, str], int]] = {}
"""The level of each field that its type did not have from the beginning, by the stored name of the
type and the name of the field. A field with its default value is not written."""
READ_BY_ALL: Final = 1
"""The level that every process of this release and of the one before can read."""
NEWEST: Final = max([*TYPES.values(), *FIELDS.values()])


def demand_level(
    events: Iterable[Event],
    level: int,
    types: Mapping[str, int] = TYPES,
    fields: Mapping[tuple[str, str], int] = FIELDS,
) -> None:
    """Raise NotEnabledYet if one of the events may not be written at this level."""
    for event in events:
        needed = _needed_level(event, types, fields)
        if needed is None or needed > level:
            raise NotEnabledYet(write_level=level, needed_level=needed)


def _needed_level(
    event: Event, types: Mapping[str, int], fields: Mapping[tuple[str, str], int]
) -> int | None:
    """Return the level from which on the event may be written; None if it never may."""
    name = str(event.__struct_config__.tag)
    if name not in types:
        return None
    levels = [types[name]]
    if fields:
        defaults = {one.name: one.default for one in structs.fields(event)}
        levels += [
            level
            for (of, field), level in fields.items()
            if of == name and getattr(event, field) != defaults[field]
        ]
    return max(levels)
