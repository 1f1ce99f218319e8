"""Finds the people who have planned a film, and the digests that a new evening joins."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from contracts.plans.wishes import Wishes
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from contracts.values.zones import HOME_ZONE
from notifier.matching.digests import MATCHES_MAX, Planner, plan_digest
from notifier.planning.notice_plan import PlannedFanOut, PlannedNotice

_SELECT: Final = """
    SELECT p.person_id, p.movie_id, p.times, p.places, f.times AS free_times, f.tz AS free_tz,
           coalesce(w.wishes::jsonb -> 'off' ? 'announce_new', false) AS not_told
    FROM notifier.plans p
    LEFT JOIN notifier.free_times f ON f.person_id = p.person_id
    LEFT JOIN notifier.preferences w ON w.person_id = p.person_id
"""
SELECT_PLANNERS: Final = f"{_SELECT} WHERE p.movie_id = ANY($1::uuid[])"
SELECT_PLANS_OF: Final = f"{_SELECT} WHERE p.person_id = $1"
# Of two announcements at a time, the second must find the digest that the first has planned.
LOCK_DIGESTS: Final = "SELECT pg_advisory_xact_lock(hashtextextended('notifier.digests', 0))"
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


async def load_planners(
    connection: PoolConnectionProxy, movies: Sequence[MovieId]
) -> Mapping[MovieId, list[Planner]]:
    """Return everybody who has planned one of the films, by film."""
    planners: dict[MovieId, list[Planner]] = {}
    for row in await connection.fetch(SELECT_PLANNERS, movies):
        one = Planner(row["person_id"], _read_wishes(row), not row["not_told"])
        planners.setdefault(row["movie_id"], []).append(one)
    return planners


async def load_wishes(
    connection: PoolConnectionProxy, person_id: PersonId
) -> Mapping[MovieId, Wishes]:
    """Return what a person wishes, by film."""
    rows = await connection.fetch(SELECT_PLANS_OF, person_id)
    return {row["movie_id"]: _read_wishes(row) for row in rows}


async def join_waiting(
    connection: PoolConnectionProxy, announcement_id: AnnouncementId, people: Sequence[PersonId]
) -> list[PersonId]:
    """Let an announcement join the digests that wait. Returns the people who have none; until the
    end of the transaction nobody else plans digests."""
    await connection.execute(LOCK_DIGESTS)
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


def _read_wishes(row: asyncpg.Record) -> Wishes:
    free_times: Any = row["free_times"] or "[]"
    return Wishes(
        _read_texts(row["times"]),
        _read_texts(row["places"]),
        _read_texts(free_times),
        row["free_tz"] or HOME_ZONE,
    )
