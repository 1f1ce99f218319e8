"""Tells people of new evenings that fit their plans, in one digest a day at most.

An evening that fits joins the digest that waits for its person; without one, a new digest is
planned, a day after the last one at the earliest. A digest holds ids only. What it says is made
when it is sent, of the evenings that still fit and that the person may still see. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from contracts.notices import Kind
from contracts.plans.intervals import Interval
from contracts.plans.wishes import Wishes
from contracts.values.ids import PersonId
from notifier.planning.notice_plan import PlannedFanOut, PlannedNotice, plan_notice
from notifier.policies.effects import TOLD_WITHIN, Tell
from notifier.policies.facts import NoticeFacts, describe_showing
from notifier.state import KnownAnnouncement

PLAN_MATCH: Final[Kind] = "plan_match"
EVERY: Final = timedelta(days=1)
"""At least so long lies between two digests of one person."""
MATCHES_MAX: Final = 20
"""Evenings in one digest. Further ones are found in the list, by `fits_my_plan`."""


class Planner(NamedTuple):
    """A person who has planned a film."""

    person_id: PersonId
    wishes: Wishes
    told_as_follower: bool
    """Whether a notice of a new evening reaches them if they follow its author."""


def choose_people(
    announcement: KnownAnnouncement, planners: Iterable[Planner], followers: Sequence[PersonId]
) -> list[PersonId]:
    """Return whose plan the announcement fits. Its followers are told of it anyway, unless they
    do not want that."""
    following = frozenset(followers)
    return [
        one.person_id
        for one in planners
        if one.person_id != announcement.author_id
        and not (one.told_as_follower and one.person_id in following)
        and fits(announcement, one.wishes)
    ]


def fits(announcement: KnownAnnouncement, wishes: Wishes) -> bool:
    """Return whether the announcement fits, by what somebody sees of it who does not take part."""
    lasts = timedelta(minutes=announcement.duration_min)
    evening = Interval(announcement.event_time, announcement.event_time + lasts)
    hidden = announcement.hide_location
    place = announcement.location_hint if hidden else announcement.event_location
    return wishes.are_met_by(evening, place)


def plan_digest(
    fanout: PlannedFanOut, person_id: PersonId, last_at: datetime | None
) -> PlannedNotice:
    """Return a digest that waits for others to join it, and for a day since the last one."""
    effect = fanout.effect
    tell = Tell(PLAN_MATCH, person_id, None, {"matches": [effect.announcement_id]})
    notice = plan_notice(tell, fanout.source, fanout.happened_at, effect.author_id)
    due_at = notice.due_at if last_at is None else max(notice.due_at, last_at + EVERY)
    return replace(notice, due_at=due_at, expires_at=due_at + TOLD_WITHIN)


def describe_evening(announcement: KnownAnnouncement, link: str) -> NoticeFacts:
    """Return what a digest says of one evening."""
    return describe_showing(announcement) | {"link": link}
