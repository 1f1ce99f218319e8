"""The dispatchers' side of the outbox: taking what is due, and recording what came of it.

Taking gives a row a lease (`try_at`), so that no transaction is open while a message is on
its way. A dispatcher that dies holds its rows up until the lease ends; then they are sent
again under the same key.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
from msgspec import Struct

from contracts.ids import AnnouncementId, BookingId, PersonId
from notifier.effects import Facts, FanOut, Kind
from notifier.outgoing import FanOutRow, Row, Source
from notifier.preferences import Preferences
from notifier.store.outbox import insert_rows
from notifier.store.state import SELECT_EVENINGS, evening_of
from notifier.world import Evening
from runtime.neighbours.ports import Person
from runtime.tables import connected, transaction

EXPANDED_AT_ONCE: Final = 2_000

TAKE_NOTICES: Final = """
    UPDATE notifier.notices n SET attempts = n.attempts + 1, try_at = $2
    FROM (SELECT id FROM notifier.notices WHERE state = 'waiting' AND try_at <= $1
          ORDER BY try_at, id LIMIT $3 FOR UPDATE SKIP LOCKED) due
    WHERE n.id = due.id
    RETURNING n.id, n.key, n.recipient, n.kind, n.announcement_id, n.booking_id, n.receipt,
              n.facts, n.happened_at, n.event_time, n.due_at, n.expires_at, n.attempts, n.reason
"""
# What was sent was sent, even if it was dropped in the meantime; anything else only counts
# for what still waits.
RECORD: Final = """
    UPDATE notifier.notices n SET state = r.state, reason = r.reason, sent_at = r.sent_at,
        try_at = coalesce(r.try_at, n.try_at),
        attempts = CASE WHEN r.untried THEN n.attempts - 1 ELSE n.attempts END
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                $6::boolean[]) AS r (id, state, reason, sent_at, try_at, untried)
    WHERE n.id = r.id AND (n.state = 'waiting' OR (r.state = 'sent' AND n.state = 'dropped'))
"""
COUNT_OVERDUE: Final = """
    SELECT count(*) FROM notifier.notices WHERE state = 'waiting' AND due_at <= $1
"""
TAKE_FANOUT: Final = """
    UPDATE notifier.fanouts f SET attempts = f.attempts + 1, try_at = $2
    FROM (SELECT seq, event_index FROM notifier.fanouts WHERE state = 'waiting' AND try_at <= $1
          ORDER BY try_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
    WHERE f.seq = due.seq AND f.event_index = due.event_index
    RETURNING f.seq, f.event_index, f.event_type, f.author_id, f.announcement_id, f.facts,
              f.happened_at, f.expires_at, f.attempts
"""
END_FANOUT: Final = """
    UPDATE notifier.fanouts SET state = $3, reason = $4, try_at = coalesce($5, try_at)
    WHERE seq = $1 AND event_index = $2 AND state = 'waiting' RETURNING seq
"""
SELECT_PEOPLE: Final = """
    SELECT person_id, name, language, tz FROM notifier.people WHERE person_id = ANY($1::uuid[])
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


class Result(NamedTuple):
    """What came of a taken notice."""

    id: int
    state: str
    reason: str | None = None
    sent_at: datetime | None = None
    try_at: datetime | None = None
    untried: bool = False
    """It was put off, and nobody has begun to send it."""


class Surroundings(NamedTuple):
    """What the tables say about those whom a batch concerns."""

    people: dict[PersonId, Person]
    wishes: dict[PersonId, Preferences]
    evenings: dict[AnnouncementId, Evening]
    links: dict[AnnouncementId, str]


class TakenFanOut(NamedTuple):
    row: FanOutRow
    attempts: int


class Queue:
    """Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def take(self, now: datetime, lease: timedelta, limit: int) -> list[Taken]:
        async with connected(self._pool) as connection:
            rows = await connection.fetch(TAKE_NOTICES, now, now + lease, limit)
        return sorted((Taken(**dict(row)) for row in rows), key=lambda one: one.id)

    async def record(self, results: Collection[Result]) -> None:
        columns = [list(column) for column in zip(*results, strict=True)]
        async with connected(self._pool) as connection:
            await connection.execute(RECORD, *columns)

    async def count_overdue(self, now: datetime) -> int:
        """How many should have been sent by now."""
        async with connected(self._pool) as connection:
            count: int = await connection.fetchval(COUNT_OVERDUE, now)
        return count

    async def surroundings(self, taken: Sequence[Taken]) -> Surroundings:
        evenings = list({one.announcement_id for one in taken})
        people = {one.recipient for one in taken}
        for one in taken:
            people |= {one.facts[who] for who in ("author_id", "guest_id") if who in one.facts}
        async with connected(self._pool) as connection:
            known = await connection.fetch(SELECT_PEOPLE, list(people))
            wishes = await connection.fetch(SELECT_WISHES, list(people))
            states = await connection.fetch(SELECT_EVENINGS, evenings)
            links = await connection.fetch(SELECT_LINKS, evenings)
        found = [evening_of(row["state"]) for row in states]
        return Surroundings(
            people={row["person_id"]: Person(**dict(row)) for row in known},
            wishes={row["person_id"]: wishes_of(row["wishes"]) for row in wishes},
            evenings={one.announcement_id: one for one in found},
            links={row["announcement_id"]: row["short_link"] for row in links},
        )

    async def remember_link(self, announcement_id: AnnouncementId, link: str) -> None:
        async with connected(self._pool) as connection:
            await connection.execute(INSERT_LINK, announcement_id, link)

    async def take_fanout(self, now: datetime, lease: timedelta) -> TakenFanOut | None:
        async with connected(self._pool) as connection:
            row = await connection.fetchrow(TAKE_FANOUT, now, now + lease)
        if row is None:
            return None
        effect = FanOut(row["author_id"], row["announcement_id"], row["facts"], row["expires_at"])
        source = Source(row["seq"], row["event_index"], row["event_type"])
        return TakenFanOut(FanOutRow(effect, source, row["happened_at"]), row["attempts"])

    async def evening(self, announcement_id: AnnouncementId) -> Evening | None:
        async with connected(self._pool) as connection:
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
        async with connected(self._pool) as connection:
            await connection.execute(
                END_FANOUT, source.seq, source.event_index, state, reason, try_at
            )


def wishes_of(stored: Mapping[str, Any]) -> Preferences:
    return msgspec.convert(stored, Preferences)
