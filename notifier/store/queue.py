"""Gives dispatchers what is due in the outbox, and records the results.

A notice is leased (`try_at`, `holder`), so no transaction is open while it is sent. The leases
of a dead dispatcher are freed as soon as another one looks (`session`), and end by time at the
latest. The notice is then sent again under the same key. Leasing returns ids only, and the rows
are read afterwards: a row that cannot be read is still known by its id, and can be parked.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

import asyncpg

from contracts.notices import Kind
from contracts.plans.wishes import Wishes
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from notifier.delivery.leases import DeliveryContext, DeliveryResult, LeasedFanOut, LeasedNotice
from notifier.matching.digests import Planner
from notifier.planning.notice_plan import NoticeSource, PlannedFanOut, PlannedNotice
from notifier.policies.effects import FanOut
from notifier.policies.facts import people_in
from notifier.rights import Relation
from notifier.state import KnownAnnouncement
from notifier.store.digests import join_waiting, load_planners, load_wishes, plan_digests
from notifier.store.outbox import insert_notices
from notifier.store.preferences import SELECT_PREFERENCES, preferences_from
from notifier.store.relations import Pair, load_relations, relation_from
from notifier.store.session import NO_SESSION, LeaseSession
from notifier.store.state import announcement_from
from notifier.store.turns import place_due, take_next
from runtime.calls.gathering import Gathering
from runtime.outside.ports import PersonProfile
from runtime.postgres.arrays import to_arrays
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

EXPANDED_AT_ONCE: Final = 2_000
"""How many notices of a fan-out one statement inserts."""
FIRST_AUTHOR: Final = "00000000-0000-0000-0000-000000000000"
"""Before every author."""

SELECT_WHOLE: Final = """
    SELECT id, key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
           event_time, due_at, expires_at, attempts, reason, unsettled,
           coalesce((SELECT s.traceparent FROM notifier.sources s
                     WHERE s.notice_id = notices.id AND s.traceparent IS NOT NULL
                     ORDER BY s.seq DESC, s.event_index DESC LIMIT 1), '') AS traceparent
    FROM notifier.notices WHERE id = ANY($1::bigint[])
"""
SELECT_LEASED: Final = f"{SELECT_WHOLE} AND state = 'waiting' ORDER BY id"
# Whoever changes several notices that are being sent locks them in this order: otherwise the
# reader, giving up some of them, and a dispatcher would wait for each other.
LOCK: Final = "SELECT FROM notifier.notices WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"
# `sent` is recorded whatever has become of the row in the meantime, any other result only if the
# notice still waits and the lease is still ours: whoever has it now may have sent the notice.
RECORD: Final = """
    UPDATE notifier.notices n SET state = r.state, reason = r.reason, sent_at = r.sent_at,
        try_at = coalesce(r.try_at, n.try_at), holder = NULL, unsettled = r.unsettled,
        attempts = CASE WHEN r.untried THEN n.attempts - 1 ELSE n.attempts END
    FROM unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
                $7::boolean[], $8::boolean[])
        AS r (id, state, reason, sent_at, try_at, untried, unsettled)
    WHERE n.id = r.id AND (n.state = 'waiting' AND n.holder = $1 OR r.state = 'sent')
"""
# For notices that were given up while they were being sent. They stay unconfirmed only if this
# attempt or an earlier one may have arrived.
SETTLE: Final = """
    UPDATE notifier.notices n SET holder = NULL, unsettled = n.unsettled OR r.unsettled,
        state = CASE WHEN n.unsettled OR r.unsettled THEN n.state
            WHEN n.reason = 'by_operator' THEN 'cancelled' ELSE 'dropped' END
    FROM unnest($2::bigint[], $3::boolean[]) AS r (id, unsettled)
    WHERE n.id = r.id AND n.state = 'unconfirmed' AND n.holder = $1
"""
COUNT_OVERDUE: Final = """
    SELECT count(*) FROM notifier.notices
    WHERE state = 'waiting' AND NOT unapproved AND due_at <= $1
"""
LEASE_FANOUTS: Final = """
    WITH first_of_each AS (
        SELECT DISTINCT ON (author_id) seq, event_index FROM notifier.fanouts
        WHERE state = 'waiting' AND try_at <= $1 AND author_id > $4
        ORDER BY author_id, try_at LIMIT $5
    ), due AS (
        SELECT f.seq, f.event_index FROM notifier.fanouts f JOIN first_of_each
            USING (seq, event_index)
        WHERE f.state = 'waiting' AND f.try_at <= $1 FOR UPDATE OF f SKIP LOCKED
    )
    UPDATE notifier.fanouts f SET attempts = f.attempts + 1, try_at = $2, holder = $3
    FROM due WHERE f.seq = due.seq AND f.event_index = due.event_index
    RETURNING f.seq, f.event_index, f.event_type, coalesce(f.traceparent, '') AS traceparent,
              f.author_id
"""
SELECT_LEASED_FANOUTS: Final = """
    SELECT seq, event_index, author_id, announcement_id, facts, happened_at, expires_at, attempts
    FROM notifier.fanouts JOIN unnest($1::bigint[], $2::integer[]) AS l (seq, event_index)
        USING (seq, event_index)
"""
FINISH_FANOUT: Final = """
    UPDATE notifier.fanouts SET state = 'done', reason = NULL, holder = NULL
    WHERE seq = $1 AND event_index = $2 AND state = 'waiting' RETURNING seq
"""
# One that somebody else has locked is being dropped, or retried by an operator. It is left to them,
# since to wait for one while others are locked could make both sides wait for each other.
SET_FANOUT_STATES: Final = """
    WITH ended AS (
        SELECT f.seq, f.event_index, e.state, e.reason, e.try_at
        FROM notifier.fanouts f
        JOIN unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::timestamptz[])
            AS e (seq, event_index, state, reason, try_at) USING (seq, event_index)
        WHERE f.state = 'waiting' FOR UPDATE OF f SKIP LOCKED
    )
    UPDATE notifier.fanouts f SET state = e.state, reason = e.reason, holder = NULL,
        try_at = coalesce(e.try_at, f.try_at)
    FROM ended e WHERE f.seq = e.seq AND f.event_index = e.event_index
"""
SELECT_PEOPLE: Final = """
    SELECT person_id, name, language, tz, erased FROM notifier.people
    WHERE person_id = ANY($1::uuid[])
"""
SELECT_ERASURES: Final = """
    SELECT person_id, notices_up_to FROM notifier.erasures
    WHERE person_id = ANY($1::uuid[]) AND state = 'notices'
"""
# While the journal is being read again, any announcement may still come.
KNOWS_ANNOUNCEMENT: Final = """
    SELECT r.seq < r.told_seq
           OR EXISTS (SELECT FROM notifier.evenings e WHERE e.announcement_id = $1)
    FROM notifier.reader_position r WHERE r.reader = 'notifier'
"""
SELECT_KNOWN_ANNOUNCEMENTS: Final = """
    SELECT announcement_id, state FROM notifier.evenings WHERE announcement_id = ANY($1::uuid[])
"""
SELECT_LINKS: Final = """
    SELECT announcement_id, short_link FROM notifier.links
    WHERE announcement_id = ANY($1::uuid[])
"""
INSERT_LINKS: Final = """
    INSERT INTO notifier.links SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT DO NOTHING
"""


class FanOutState(NamedTuple):
    """The state that a fan-out gets."""

    seq: int
    event_index: int
    state: str
    reason: str | None
    try_at: datetime | None


class NoticeQueue:
    """The outbox of one dispatcher. Methods raise TablesUnavailable. Those that read rows may
    raise any error if a row is not as it should be."""

    def __init__(self, pool: asyncpg.Pool, approval: Collection[Kind] = ()) -> None:
        """Notices of the kinds in `approval` wait for an operator."""
        self._pool = pool
        self._approval = approval
        self.session = LeaseSession(pool)
        self._relations = Gathering(self._load_relations, TablesUnavailable)
        self._announcements = Gathering(self._load_announcements, TablesUnavailable)
        self._links = Gathering(self._load_links, TablesUnavailable)
        self._new_links = Gathering(self._save_links, TablesUnavailable)
        self._fanouts = Gathering(self._load_fanouts, TablesUnavailable)
        self._fanout_states = Gathering(self._save_fanout_states, TablesUnavailable)
        self._planners = Gathering(self._load_planners, TablesUnavailable)
        self._holder = NO_SESSION
        """Holder of the leases that were taken last: the session may have ended since."""
        self._author: str = FIRST_AUTHOR
        """Last author of the fan-outs that were leased last."""

    async def lease(self, now: datetime, until: datetime, limit: int) -> list[int]:
        """Lease the next due notices, by turns (`notifier.store.turns`), until the time `until`.
        Returns their ids in order."""
        self._holder = self.session.holder
        async with transaction(self._pool) as connection:
            await place_due(connection, now)
            return sorted(await take_next(connection, now, until, limit, self._holder))

    async def read(self, leased: Sequence[int]) -> list[LeasedNotice]:
        """Return those of the leased notices that still wait, in order of their ids."""
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_LEASED, leased)
        return [LeasedNotice(**dict(row)) for row in rows]

    async def read_any(self, ids: Sequence[int]) -> list[LeasedNotice]:
        """Return those of the notices that there are, whatever their state."""
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_WHOLE, ids)
        return [LeasedNotice(**dict(row)) for row in rows]

    async def record(
        self, results: Collection[DeliveryResult], unread: Collection[int] = ()
    ) -> None:
        """Record the results of the notices that were leased last. `unread` are those that no
        longer waited when they were to be read."""
        unsettled = {one.id: one.unsettled for one in results} | dict.fromkeys(unread, False)
        async with transaction(self._pool) as connection:
            await connection.execute(LOCK, list(unsettled))
            if results:
                await connection.execute(RECORD, self._holder, *to_arrays(results))
            if unsettled:
                await connection.execute(SETTLE, self._holder, *to_arrays(unsettled.items()))

    async def count_overdue(self, now: datetime) -> int:
        """Return how many notices are due and still wait."""
        async with acquire_connection(self._pool) as connection:
            count: int = await connection.fetchval(COUNT_OVERDUE, now)
        return count

    async def load_context(
        self, notices: Sequence[LeasedNotice], further: Collection[PersonId] = ()
    ) -> DeliveryContext:
        """Return what the tables know about the people of these notices and `further` ones."""
        people = {one.recipient for one in notices}.union(
            further, *(people_in(one.facts) for one in notices)
        )
        async with acquire_connection(self._pool) as connection:
            known = await connection.fetch(SELECT_PEOPLE, list(people))
            preferences = await connection.fetch(SELECT_PREFERENCES, list(people))
            erasures = await connection.fetch(SELECT_ERASURES, list(people))
        return DeliveryContext(
            people={
                row["person_id"]: PersonProfile(
                    row["person_id"], row["name"], row["language"], row["tz"]
                )
                for row in known
            },
            preferences={row["person_id"]: preferences_from(row["wishes"]) for row in preferences},
            erased=frozenset(row["person_id"] for row in known if row["erased"]),
            erasures={row["person_id"]: row["notices_up_to"] for row in erasures},
        )

    async def load_relation(
        self, announcement_id: AnnouncementId, recipient: PersonId
    ) -> Relation | None:
        """Return the recipient's present relation to the announcement; None if it is not known,
        as while the journal is being read again."""
        row = await self._relations.get((announcement_id, recipient))
        return None if row is None else relation_from(row)

    async def knows_announcement(self, announcement_id: AnnouncementId) -> bool:
        """Return whether there is such an announcement, or may be."""
        async with acquire_connection(self._pool) as connection:
            return bool(await connection.fetchval(KNOWS_ANNOUNCEMENT, announcement_id))

    async def load_link(self, announcement_id: AnnouncementId) -> str | None:
        """Return the stored short link; None if none was made so far."""
        return await self._links.get(announcement_id)

    async def save_link(self, announcement_id: AnnouncementId, link: str) -> None:
        await self._new_links.get((announcement_id, link))

    async def lease_fanouts(self, now: datetime, until: datetime, limit: int) -> list[NoticeSource]:
        """Lease due fan-outs, one of each author in turn, until the time `until`. Returns their
        sources, which identify them."""
        for after in (self._author, FIRST_AUTHOR):
            async with acquire_connection(self._pool) as connection:
                rows = await connection.fetch(
                    LEASE_FANOUTS, now, until, self.session.holder, after, limit
                )
            if rows:
                self._author = max(row["author_id"] for row in rows)
                return [NoticeSource(*source) for *source, _ in rows]
        return []

    async def read_fanout(self, source: NoticeSource) -> LeasedFanOut | None:
        """Return a leased fan-out; None if it was dropped and forgotten in the meantime."""
        row = await self._fanouts.get((source.seq, source.event_index))
        if row is None:
            return None
        effect = FanOut(row["author_id"], row["announcement_id"], row["facts"], row["expires_at"])
        return LeasedFanOut(PlannedFanOut(effect, source, row["happened_at"]), row["attempts"])

    async def load_announcement(self, announcement_id: AnnouncementId) -> KnownAnnouncement | None:
        """Return the announcement as the notifier knows it now; None if it knows none."""
        state = await self._announcements.get(announcement_id)
        return None if state is None else announcement_from(state)

    async def load_planners(self, movie_id: MovieId) -> Sequence[Planner]:
        """Return everybody who has planned the film. Announcements of an early build name none."""
        return (await self._planners.get(movie_id) or []) if movie_id else []

    async def load_wishes(self, person_id: PersonId) -> Mapping[MovieId, Wishes]:
        """Return what a person wishes, by film."""
        async with acquire_connection(self._pool) as connection:
            return await load_wishes(connection, person_id)

    async def finish_fanout(
        self,
        fanout: PlannedFanOut,
        notices: Sequence[PlannedNotice],
        matched: Sequence[PersonId] = (),
    ) -> None:
        """End the fan-out as `done`, insert its notices, and tell the people in `matched` by
        their digests. Does nothing if it was dropped in the meantime. Raises RowsRefused."""
        source, announcement_id = fanout.source, fanout.effect.announcement_id
        if not notices and not matched:
            await self.set_fanout_state(source, "done", None)
            return
        async with transaction(self._pool) as connection:
            key = (source.seq, source.event_index)
            if await connection.fetchval(FINISH_FANOUT, *key) is None:
                return
            new = await join_waiting(connection, announcement_id, matched) if matched else []
            digests = await plan_digests(connection, fanout, new) if new else []
            remaining = iter([*notices, *digests])
            while part := list(islice(remaining, EXPANDED_AT_ONCE)):
                await insert_notices(connection, part, self._approval)

    async def set_fanout_state(
        self, source: NoticeSource, state: str, reason: str | None, try_at: datetime | None = None
    ) -> None:
        """Set the fan-out's state: it has ended, or stays `waiting` until `try_at`. Does nothing
        while somebody else changes it: what comes of that counts."""
        await self._fanout_states.get(
            FanOutState(source.seq, source.event_index, state, reason, try_at)
        )

    async def _load_relations(self, asked: Sequence[Pair]) -> Mapping[Pair, asyncpg.Record]:
        async with acquire_connection(self._pool) as connection:
            return await load_relations(connection, asked)

    async def _load_announcements(
        self, asked: Sequence[AnnouncementId]
    ) -> Mapping[AnnouncementId, Any]:
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_KNOWN_ANNOUNCEMENTS, asked)
        return {row["announcement_id"]: row["state"] for row in rows}

    async def _load_links(
        self, announcements: Sequence[AnnouncementId]
    ) -> Mapping[AnnouncementId, str]:
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_LINKS, announcements)
        return {row["announcement_id"]: row["short_link"] for row in rows}

    async def _save_links(
        self, links: Sequence[tuple[AnnouncementId, str]]
    ) -> Mapping[tuple[AnnouncementId, str], None]:
        async with acquire_connection(self._pool) as connection:
            await connection.execute(INSERT_LINKS, *to_arrays(links))
        return {}

    async def _load_fanouts(
        self, places: Sequence[tuple[int, int]]
    ) -> Mapping[tuple[int, int], asyncpg.Record]:
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_LEASED_FANOUTS, *to_arrays(places))
        return {(row["seq"], row["event_index"]): row for row in rows}

    async def _save_fanout_states(
        self, states: Sequence[FanOutState]
    ) -> Mapping[FanOutState, None]:
        async with acquire_connection(self._pool) as connection:
            await connection.execute(SET_FANOUT_STATES, *to_arrays(states))
        return {}

    async def _load_planners(self, movies: Sequence[MovieId]) -> Mapping[MovieId, list[Planner]]:
        async with acquire_connection(self._pool) as connection:
            return await load_planners(connection, movies)
