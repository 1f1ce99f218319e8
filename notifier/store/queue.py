"""The dispatchers' side of the outbox: taking what is due, and recording what came of it.

A row is leased (`try_at`, `holder`), so that no transaction is open while a message is on its
way. What a dead dispatcher had leased is free as soon as somebody looks (`session`), at the
latest when the lease ends; then it is sent again under the same key. Leasing tells names
only, and what they hold is read after that: a row that cannot be read is known by its name,
and can be parked.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from notifier.effects import Facts, FanOut, Kind
from notifier.outgoing import FanOutRow, Row, Source
from notifier.preferences import Preferences
from notifier.rights import Standing
from notifier.store.outbox import insert_rows
from notifier.store.session import LeaseSession
from notifier.store.state import SELECT_EVENINGS, evening_of
from notifier.store.turns import place_due, take_next
from notifier.world import Evening, Participation
from runtime.outside.ports import PersonProfile
from runtime.postgres.tables import acquire_connection, transaction

EXPANDED_AT_ONCE: Final = 2_000
FIRST_AUTHOR: Final = "00000000-0000-0000-0000-000000000000"
"""Before every author."""

SELECT_LEASED: Final = """
    SELECT id, key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
           event_time, due_at, expires_at, attempts, reason, unsettled
    FROM notifier.notices WHERE id = ANY($1::bigint[]) AND state = 'waiting' ORDER BY id
"""
# What was sent was sent, whatever became of the row in the meantime; anything else only
# counts for what still waits.
RECORD: Final = """
    UPDATE notifier.notices n SET state = r.state, reason = r.reason, sent_at = r.sent_at,
        try_at = coalesce(r.try_at, n.try_at), holder = NULL, unsettled = r.unsettled,
        attempts = CASE WHEN r.untried THEN n.attempts - 1 ELSE n.attempts END
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                $6::boolean[], $7::boolean[])
        AS r (id, state, reason, sent_at, try_at, untried, unsettled)
    WHERE n.id = r.id AND (n.state = 'waiting' OR r.state = 'sent')
"""
# Given up while it was on its way, and now known not to have arrived.
SETTLE: Final = """
    UPDATE notifier.notices SET holder = NULL, unsettled = false,
        state = CASE reason WHEN 'by_operator' THEN 'cancelled' ELSE 'dropped' END
    WHERE id = ANY($1::bigint[]) AND state = 'unconfirmed'
"""
COUNT_OVERDUE: Final = """
    SELECT count(*) FROM notifier.notices WHERE state = 'waiting' AND due_at <= $1
"""
LEASE_FANOUT: Final = """
    UPDATE notifier.fanouts f SET attempts = f.attempts + 1, try_at = $2, holder = $3
    FROM (SELECT seq, event_index FROM notifier.fanouts
          WHERE state = 'waiting' AND try_at <= $1 AND author_id > $4
          ORDER BY author_id, try_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
    WHERE f.seq = due.seq AND f.event_index = due.event_index
    RETURNING f.seq, f.event_index, f.event_type, f.author_id
"""
SELECT_LEASED_FANOUT: Final = """
    SELECT author_id, announcement_id, facts, happened_at, expires_at, attempts
    FROM notifier.fanouts WHERE seq = $1 AND event_index = $2
"""
END_FANOUT: Final = """
    UPDATE notifier.fanouts SET state = $3, reason = $4, holder = NULL,
        try_at = coalesce($5, try_at)
    WHERE seq = $1 AND event_index = $2 AND state = 'waiting' RETURNING seq
"""
SELECT_PEOPLE: Final = """
    SELECT person_id, name, language, tz FROM notifier.people WHERE person_id = ANY($1::uuid[])
"""
# One statement, so that the parts are of one moment. While the journal is read again, what
# the tables say is of the past.
SELECT_STANDING: Final = """
    SELECT e.state, p.booking_id, p.author_status, p.guest_status, p.seated,
           EXISTS (SELECT FROM notifier.mutes m
                   WHERE m.person_id = $2 AND m.host_id::text = e.state->>'author_id') AS mutes_host
    FROM notifier.reader_position r
    JOIN notifier.evenings e ON e.announcement_id = $1
    LEFT JOIN notifier.participations p ON p.announcement_id = $1 AND p.guest_id = $2
    WHERE r.reader = 'notifier' AND r.seq >= r.told_seq
"""
SELECT_WISHES: Final = """
    SELECT person_id, wishes FROM notifier.preferences WHERE person_id = ANY($1::uuid[])
"""
SELECT_LINKS: Final = """
    SELECT announcement_id, short_link FROM notifier.links
    WHERE announcement_id = ANY($1::uuid[])
"""
INSERT_LINK: Final = "INSERT INTO notifier.links VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Taken(Struct, kw_only=True):
    """A notice that is ours to send until the lease ends."""

    id: int
    key: str
    recipient: PersonId
    kind: Kind
    announcement_id: AnnouncementId
    booking_id: BookingId | None
    receipt: bool
    facts: Facts
    happened_at: datetime
    event_time: datetime | None
    due_at: datetime
    expires_at: datetime
    attempts: int
    """This one included."""
    reason: str | None
    """Why the last attempt failed."""
    unsettled: bool = False
    """An earlier attempt may have arrived."""


class Result(NamedTuple):
    """What came of a taken notice."""

    id: int
    state: str
    reason: str | None = None
    sent_at: datetime | None = None
    try_at: datetime | None = None
    untried: bool = False
    """It was put off, and nobody has begun to send it."""
    unsettled: bool = False
    """It may have arrived all the same."""


class Surroundings(NamedTuple):
    """What the tables say about those whom a batch concerns."""

    people: dict[PersonId, PersonProfile]
    wishes: dict[PersonId, Preferences]
    links: dict[AnnouncementId, str]


class TakenFanOut(NamedTuple):
    row: FanOutRow
    attempts: int


class Queue:
    """Methods raise TablesUnavailable; those that read rows raise anything where a row is
    not as it should be."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.session = LeaseSession(pool)
        self._author: str = FIRST_AUTHOR
        """Whose fan-out was the last."""

    async def lease(self, now: datetime, until: datetime, limit: int) -> list[int]:
        """Ids of the notices next in line (`turns`), ours until then."""
        holder = self.session.holder
        async with transaction(self._pool) as connection:
            await place_due(connection, now)
            return sorted(await take_next(connection, now, until, limit, holder))

    async def read(self, leased: Sequence[int]) -> list[Taken]:
        """Those that still wait, in order of their ids."""
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_LEASED, leased)
        return [Taken(**dict(row)) for row in rows]

    async def record(self, results: Collection[Result], unread: Collection[int] = ()) -> None:
        """What came of the leased notices. `unread` were no longer waiting when read."""
        columns = [list(column) for column in zip(*results, strict=True)]
        unsent = {one.id for one in results if one.state != "sent" and not one.unsettled}
        async with transaction(self._pool) as connection:
            if results:
                await connection.execute(RECORD, *columns)
            if settled := [*unsent, *unread]:
                await connection.execute(SETTLE, settled)

    async def count_overdue(self, now: datetime) -> int:
        """How many should have been sent by now."""
        async with acquire_connection(self._pool) as connection:
            count: int = await connection.fetchval(COUNT_OVERDUE, now)
        return count

    async def surroundings(self, taken: Sequence[Taken]) -> Surroundings:
        evenings = list({one.announcement_id for one in taken})
        people = {one.recipient for one in taken}
        for one in taken:
            people |= {one.facts[who] for who in ("author_id", "guest_id") if who in one.facts}
        async with acquire_connection(self._pool) as connection:
            known = await connection.fetch(SELECT_PEOPLE, list(people))
            wishes = await connection.fetch(SELECT_WISHES, list(people))
            links = await connection.fetch(SELECT_LINKS, evenings)
        return Surroundings(
            people={row["person_id"]: PersonProfile(**dict(row)) for row in known},
            wishes={row["person_id"]: wishes_of(row["wishes"]) for row in wishes},
            links={row["announcement_id"]: row["short_link"] for row in links},
        )

    async def standing(
        self, announcement_id: AnnouncementId, recipient: PersonId
    ) -> Standing | None:
        """Where the recipient stands towards the evening now; None while that is not known,
        because the journal is being read again."""
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_STANDING, announcement_id, recipient)
        if row is None:
            return None
        participation = None
        if row["booking_id"] is not None:
            pair = row["author_status"], row["guest_status"]
            participation = Participation(
                row["booking_id"], announcement_id, recipient, pair, row["seated"]
            )
        return Standing(evening_of(row["state"]), participation, row["mutes_host"])

    async def remember_link(self, announcement_id: AnnouncementId, link: str) -> None:
        async with acquire_connection(self._pool) as connection:
            await connection.execute(INSERT_LINK, announcement_id, link)

    async def lease_fanout(self, now: datetime, until: datetime) -> Source | None:
        """What names one that is due, ours until then: of each author in turn."""
        for after in (self._author, FIRST_AUTHOR):
            async with acquire_connection(self._pool) as connection:
                row = await connection.fetchrow(
                    LEASE_FANOUT, now, until, self.session.holder, after
                )
            if row is not None:
                *source, self._author = row
                return Source(*source)
        return None

    async def read_fanout(self, source: Source) -> TakenFanOut:
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_LEASED_FANOUT, source.seq, source.event_index)
        assert row is not None  # Fan-outs are never deleted.
        effect = FanOut(row["author_id"], row["announcement_id"], row["facts"], row["expires_at"])
        return TakenFanOut(FanOutRow(effect, source, row["happened_at"]), row["attempts"])

    async def evening(self, announcement_id: AnnouncementId) -> Evening | None:
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_EVENINGS, [announcement_id])
        return None if row is None else evening_of(row["state"])

    async def finish_fanout(self, source: Source, rows: Sequence[Row]) -> None:
        """The fan-out is done, and its notices are there; or it was dropped, and they are not."""
        async with transaction(self._pool) as connection:
            key = (source.seq, source.event_index)
            if await connection.fetchval(END_FANOUT, *key, "done", None, None) is None:
                return
            remaining = iter(rows)
            while part := list(islice(remaining, EXPANDED_AT_ONCE)):
                await insert_rows(connection, part)

    async def end_fanout(
        self, source: Source, state: str, reason: str, try_at: datetime | None = None
    ) -> None:
        """Give it up, or leave it `waiting` until `try_at`."""
        async with acquire_connection(self._pool) as connection:
            await connection.execute(
                END_FANOUT, source.seq, source.event_index, state, reason, try_at
            )


def wishes_of(stored: Mapping[str, Any]) -> Preferences:
    return msgspec.convert(stored, Preferences)
