"""Tells people of new evenings that fit their plans, in one digest a day at most.

An evening that fits joins the digest that waits for its person; without one, a new digest is
planned, a day after the last one at the earliest. A digest holds ids only. What it says is made
when it is sent, of the evenings that still fit and that the person may still see.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy
from msgspec.structs import replace

from contracts.notices import Kind
from contracts.plans.intervals import Interval
from contracts.plans.wishes import Wishes
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from contracts.values.zones import HOME_ZONE
from notifier.planning.notice_plan import PlannedFanOut, PlannedNotice, plan_notice
from notifier.policies.effects import TOLD_WITHIN, Tell
from notifier.policies.facts import NoticeFacts
from notifier.state import KnownAnnouncement

PLAN_MATCH: Final[Kind] = "plan_match"
EVERY: Final = timedelta(days=1)
"""At least so long lies between two digests of one person."""
MATCHES_MAX: Final = 20
"""Evenings in one digest. Further ones are found in the list, by `fits_my_plan`."""

_SELECT: Final = """
    SELECT p.person_id, p.movie_id, p.times, p.places, f.times AS free_times, f.tz AS free_tz,
           coalesce(w.wishes::jsonb -> 'off' ? 'announce_new', false) AS not_told
    FROM notifier.plans p
    LEFT JOIN notifier.free_times f ON f.person_id = p.person_id
    LEFT JOIN notifier.preferences w ON w.person_id = p.person_id
"""
SELECT_PLANNERS: Final = f"{_SELECT} WHERE p.movie_id = $1"
SELECT_PLANS_OF: Final = f"{_SELECT} WHERE p.person_id = $1"
JOIN_WAITING: Final = """
    UPDATE notifier.notices n SET facts = CASE
        WHEN json_array_length(n.facts -> 'matches') < $3 THEN
            json_build_object('matches', (n.facts -> 'matches')::jsonb || to_jsonb($2::text))
        ELSE n.facts END
    WHERE n.kind = 'plan_match' AND n.state = 'waiting' AND n.holder IS NULL AND NOT n.unsettled
      AND n.recipient = ANY($1::uuid[])
    RETURNING n.recipient
"""
SELECT_LAST: Final = """
    SELECT recipient, max(greatest(due_at, sent_at)) AS last_at FROM notifier.notices
    WHERE kind = 'plan_match' AND recipient = ANY($1::uuid[]) AND state IN ('waiting', 'sent',
          'unconfirmed')
    GROUP BY recipient
"""

_read_texts: Final = msgspec.json.Decoder(tuple[str, ...]).decode


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


async def load_planners(connection: PoolConnectionProxy, movie_id: MovieId) -> list[Planner]:
    """Return everybody who has planned the film."""
    rows = await connection.fetch(SELECT_PLANNERS, movie_id) if movie_id else []
    return [Planner(row["person_id"], _read_wishes(row), not row["not_told"]) for row in rows]


async def load_wishes(
    connection: PoolConnectionProxy, person_id: PersonId
) -> Mapping[MovieId, Wishes]:
    """Return what a person wishes, by film."""
    rows = await connection.fetch(SELECT_PLANS_OF, person_id)
    return {row["movie_id"]: _read_wishes(row) for row in rows}


async def join_waiting(
    connection: PoolConnectionProxy, announcement_id: AnnouncementId, people: Sequence[PersonId]
) -> list[PersonId]:
    """Let an announcement join the digests that wait. Returns the people who have none."""
    rows = await connection.fetch(JOIN_WAITING, people, announcement_id, MATCHES_MAX)
    joined = {row["recipient"] for row in rows}
    return [one for one in people if one not in joined]


async def plan_digests(
    connection: PoolConnectionProxy, fanout: PlannedFanOut, people: Sequence[PersonId]
) -> list[PlannedNotice]:
    """Return a new digest for each of these people."""
    rows = await connection.fetch(SELECT_LAST, people)
    last = {row["recipient"]: row["last_at"] for row in rows}
    return [plan_digest(fanout, one, last.get(one)) for one in people]


def plan_digest(
    fanout: PlannedFanOut, person_id: PersonId, last_at: datetime | None
) -> PlannedNotice:
    """Return a digest that waits for others to join it, and for a day since the last one."""
    tell = Tell(PLAN_MATCH, person_id, None, {"matches": [fanout.effect.announcement_id]})
    notice = plan_notice(tell, fanout.source, fanout.happened_at)
    due_at = notice.due_at if last_at is None else max(notice.due_at, last_at + EVERY)
    return replace(notice, due_at=due_at, expires_at=due_at + TOLD_WITHIN)


def describe_evening(announcement: KnownAnnouncement, link: str) -> NoticeFacts:
    """Return what a digest says of one evening: nothing that its author typed."""
    return {
        "film": announcement.movie_title,
        "film_ru": announcement.movie_title_ru,
        "event_time": announcement.event_time.isoformat(),
        "link": link,
    }


def _read_wishes(row: asyncpg.Record) -> Wishes:
    free_times: Any = row["free_times"] or "[]"
    return Wishes(
        _read_texts(row["times"]),
        _read_texts(row["places"]),
        _read_texts(free_times),
        row["free_tz"] or HOME_ZONE,
    )
