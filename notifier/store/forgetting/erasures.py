"""Carries out erasures in the notifier's tables, and remembers what Notification is still to do.

An erasure goes through three states. In `notices` the person's texts are taken from our rows,
a bounded number in each transaction. In `inbox` Notification is asked to empty the person's
inbox. In `traces` old rows are removed from the disk, for everybody at once. Each step is one
transaction or may be repeated, so a process may end anywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.values.ids import PersonId
from notifier.delivery.leases import LeasedNotice
from notifier.policies.facts import NoticeFacts, erase_facts
from runtime.postgres.rewriting import renew_write_ahead_log, rewrite_tables
from runtime.postgres.tables import acquire_connection, transaction

ROWS_AT_ONCE: Final = 500
"""How many notices one transaction erases."""

NEXT_ERASURE: Final = """
    SELECT person_id, seq, notices_up_to, erased_up_to FROM notifier.erasures
    WHERE state = 'notices' ORDER BY try_at, seq LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_UNSETTLED: Final = "(state = 'unconfirmed' OR unsettled OR holder IS NOT NULL)"
# Those that have arrived are forgotten with the inbox. One that is on its way must be stopped.
SELECT_NOTICES_TO: Final = f"""
    SELECT id, key, {_UNSETTLED} AS retracted,
           CASE state WHEN 'sent' THEN greatest(happened_at, due_at) END AS made_at
    FROM notifier.notices
    WHERE recipient = $1 AND id <= $2 ORDER BY id LIMIT $3 FOR UPDATE
"""
# A crowd is named after the author, or after the recipient if there is none: the notices to the
# erased person are gone by then.
SELECT_NOTICES_NAMING: Final = f"""
    SELECT id, key, facts, state = 'sent' OR {_UNSETTLED} AS retracted FROM notifier.notices
    WHERE (crowd = $1::uuid::text OR guest_id = $1::uuid::text)
      AND id > $2 AND id <= $3 ORDER BY id LIMIT $4 FOR UPDATE
"""
# Of the last state of a notice analysts may not have a copy yet.
NOTE_DELETED: Final = """
    INSERT INTO notifier.deleted_notices (id, key, kind, receipt, happened_at, due_at, sent_at,
                                          state, reason, attempts, for_followers)
    SELECT id, key, kind, receipt, happened_at, due_at, sent_at,
           CASE state WHEN 'waiting' THEN 'dropped' ELSE state END, reason, attempts, for_followers
    FROM notifier.notices_to_copy WHERE id = ANY($1::bigint[]) AND NOT deleted
"""
# Of an erasure that is folded late, what was told since quotes the person's texts as well.
FORGET_INBOX_UNTIL: Final = """
    UPDATE notifier.erasures SET erased_at = greatest(erased_at, (SELECT max(at) FROM unnest(
        $2::timestamptz[]) AS told (at))) WHERE person_id = $1
"""
DELETE_SOURCES: Final = "DELETE FROM notifier.sources WHERE notice_id = ANY($1::bigint[])"
DELETE_NOTICES: Final = "DELETE FROM notifier.notices WHERE id = ANY($1::bigint[])"
# The person may have chosen the ids of their requests.
FORGET_REQUESTS: Final = """
    UPDATE notifier.sources SET traceparent = NULL
    WHERE notice_id = ANY($1::bigint[]) AND traceparent IS NOT NULL
"""
UPDATE_FACTS: Final = """
    UPDATE notifier.notices n SET facts = e.facts
    FROM unnest($1::bigint[], $2::json[]) AS e (id, facts) WHERE n.id = e.id
"""
INSERT_RETRACTIONS: Final = """
    INSERT INTO notifier.retractions (key, try_at) SELECT *, '-infinity' FROM unnest($1::text[])
    ON CONFLICT (key) DO UPDATE
    SET version = retractions.version + 1, attempts = 0, try_at = excluded.try_at
"""
SELECT_FANOUTS: Final = """
    SELECT seq, event_index, facts FROM notifier.fanouts
    WHERE author_id = $1 AND seq < $2 ORDER BY seq, event_index FOR UPDATE
"""
UPDATE_FANOUTS: Final = """
    UPDATE notifier.fanouts f SET facts = e.facts, traceparent = NULL
    FROM unnest($1::bigint[], $2::integer[], $3::json[]) AS e (seq, event_index, facts)
    WHERE f.seq = e.seq AND f.event_index = e.event_index
"""
NOTE_PROGRESS: Final = """
    UPDATE notifier.erasures SET erased_up_to = $2, state = $3 WHERE person_id = $1
"""
SELECT_RETRACTIONS: Final = """
    SELECT key, version, attempts FROM notifier.retractions
    WHERE try_at <= $1 ORDER BY try_at, key LIMIT $2
"""
SELECT_RETRACTED: Final = """
    SELECT id, key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
           event_time, due_at, expires_at, attempts, reason, unsettled,
           coalesce(sent_at, greatest(happened_at, due_at)) AS told_at
    FROM notifier.notices WHERE key = ANY($1::text[])
"""
# If another person in a notice was erased in the meantime, Notification has to be told again.
DELETE_RETRACTIONS: Final = """
    DELETE FROM notifier.retractions w USING unnest($1::text[], $2::integer[]) AS d (key, version)
    WHERE w.key = d.key AND w.version = d.version
"""
PUT_OFF_RETRACTIONS: Final = """
    UPDATE notifier.retractions SET attempts = attempts + 1, try_at = $2
    WHERE key = ANY($1::text[])
"""
SELECT_INBOX: Final = """
    SELECT person_id, attempts, seq, erased_at FROM notifier.erasures
    WHERE state = 'inbox' AND try_at <= $1 ORDER BY try_at LIMIT 1
"""
PUT_OFF_INBOX: Final = """
    UPDATE notifier.erasures SET attempts = attempts + 1, try_at = $3
    WHERE person_id = $1 AND seq = $2 AND state = 'inbox'
"""
NOTE_INBOX_EMPTY: Final = """
    UPDATE notifier.erasures SET state = 'traces' WHERE person_id = $1 AND seq = $2
      AND state = 'inbox'
"""
SELECT_TRACES: Final = "SELECT person_id, seq FROM notifier.erasures WHERE state = 'traces'"
DELETE_ERASURES: Final = """
    DELETE FROM notifier.erasures e USING unnest($1::uuid[], $2::bigint[]) AS d (person_id, seq)
    WHERE e.person_id = d.person_id AND e.seq = d.seq
"""
TABLES_WITH_TEXTS: Final = (
    *("people", "evenings", "notices", "fanouts", "preferences"),
    *("plans", "free_times", "dead_letters", "sources", "publications"),
)
COUNT: Final = """
    SELECT (SELECT count(*) FROM notifier.erasures)
         + (SELECT count(*) FROM notifier.retractions)
"""


class Retracted(NamedTuple):
    """A notice that Notification is to show without the texts of erased people."""

    key: str
    version: int
    attempts: int
    notice: LeasedNotice | None
    """As it is now; None if its recipient is erased and it is gone."""
    told_at: datetime | None
    """When it was sent, as far as that is known."""


class EmptiedInbox(NamedTuple):
    """An inbox that Notification is to empty."""

    person_id: PersonId
    attempts: int
    seq: int
    erased_at: datetime
    """What was made until then is to be forgotten: before the erasure, or told since and deleted
    with it."""


class ErasureStore:
    """The erasures that are not carried out. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._pool = pool
        self._rows_at_once = rows_at_once

    async def erase_some(self) -> bool:
        """Take the texts of one person from some notices, a bounded number. Returns False if
        nobody's are left to be taken."""
        async with transaction(self._pool) as connection:
            erasure = await connection.fetchrow(NEXT_ERASURE)
            if erasure is None:
                return False
            person_id, seq, last, done = erasure
            limit = self._rows_at_once
            if await _delete_notices_to(connection, person_id, last, limit) == limit:
                return True
            found = await connection.fetch(SELECT_NOTICES_NAMING, person_id, done, last, limit)
            await _erase_notices(connection, person_id, found)
            if len(found) == limit:
                await connection.execute(NOTE_PROGRESS, person_id, found[-1]["id"], "notices")
            else:
                await _erase_fanouts(connection, person_id, seq)
                await connection.execute(NOTE_PROGRESS, person_id, last, "inbox")
            return True

    async def load_retractions(self, now: datetime, limit: int) -> list[Retracted]:
        """Return notices of which Notification is to be told now."""
        async with acquire_connection(self._pool) as connection:
            due = await connection.fetch(SELECT_RETRACTIONS, now, limit)
            rows = await connection.fetch(SELECT_RETRACTED, [one["key"] for one in due])
        stored = {row["key"]: dict(row) for row in rows}
        told_at = {key: row.pop("told_at") for key, row in stored.items()}
        return [
            Retracted(
                one["key"],
                one["version"],
                one["attempts"],
                LeasedNotice(**stored[one["key"]]) if one["key"] in stored else None,
                told_at.get(one["key"]),
            )
            for one in due
        ]

    async def finish_retractions(self, done: Sequence[Retracted]) -> None:
        keys, versions = [one.key for one in done], [one.version for one in done]
        async with acquire_connection(self._pool) as connection:
            await connection.execute(DELETE_RETRACTIONS, keys, versions)

    async def put_off_retractions(self, failed: Sequence[Retracted], until: datetime) -> None:
        async with acquire_connection(self._pool) as connection:
            await connection.execute(PUT_OFF_RETRACTIONS, [one.key for one in failed], until)

    async def next_inbox(self, now: datetime) -> EmptiedInbox | None:
        """Return an inbox that Notification is to empty now; None if there is none."""
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(SELECT_INBOX, now)
        return None if row is None else EmptiedInbox(*row)

    async def finish_inbox(self, inbox: EmptiedInbox) -> None:
        async with acquire_connection(self._pool) as connection:
            await connection.execute(NOTE_INBOX_EMPTY, inbox.person_id, inbox.seq)

    async def put_off_inbox(self, inbox: EmptiedInbox, until: datetime) -> None:
        async with acquire_connection(self._pool) as connection:
            await connection.execute(PUT_OFF_INBOX, inbox.person_id, inbox.seq, until)

    async def remove_traces(self) -> bool:
        """Rewrite the tables whose old rows may still be on the disk, if there is an erasure that
        only needs that. Returns False if there is none."""
        async with acquire_connection(self._pool) as connection:
            done = await connection.fetch(SELECT_TRACES)
        if not done:
            return False
        tables = [f"notifier.{table}" for table in TABLES_WITH_TEXTS]
        if not await rewrite_tables(self._pool, tables):
            return True  # Somebody still reads old rows: the erasures wait for the next time.
        await renew_write_ahead_log(self._pool)
        async with acquire_connection(self._pool) as connection:
            people = [row["person_id"] for row in done], [row["seq"] for row in done]
            await connection.execute(DELETE_ERASURES, *people)
        return True

    async def count(self) -> int:
        """Return how many erasures and retractions are not carried out."""
        async with acquire_connection(self._pool) as connection:
            count: int = await connection.fetchval(COUNT)
        return count


async def _delete_notices_to(
    connection: PoolConnectionProxy, person_id: PersonId, last: int, limit: int
) -> int:
    """Delete the person's own notices up to `last`, `limit` at most. Returns how many it were."""
    found = await connection.fetch(SELECT_NOTICES_TO, person_id, last, limit)
    await _retract(connection, found)
    ids = [row["id"] for row in found]
    await connection.execute(FORGET_INBOX_UNTIL, person_id, [row["made_at"] for row in found])
    await connection.execute(NOTE_DELETED, ids)
    await connection.execute(DELETE_SOURCES, ids)
    await connection.execute(DELETE_NOTICES, ids)
    return len(found)


async def _erase_notices(
    connection: PoolConnectionProxy, person_id: PersonId, found: Sequence[Any]
) -> None:
    """Erase the person's texts from these notices to others, and the ids of the requests that
    caused them."""
    await _retract(connection, found)
    facts = [_erase_or_empty(row["facts"], person_id) for row in found]
    ids = [row["id"] for row in found]
    await connection.execute(UPDATE_FACTS, ids, facts)
    await connection.execute(FORGET_REQUESTS, ids)


def _erase_or_empty(facts: Any, person_id: PersonId) -> NoticeFacts:
    """Return the facts without the person's texts. Facts that are not as they should be are
    emptied: they must not keep an erasure from going on."""
    try:
        return erase_facts(facts, person_id)
    except Exception:
        return {}


async def _retract(connection: PoolConnectionProxy, found: Sequence[Any]) -> None:
    keys = [row["key"] for row in found if row["retracted"]]
    await connection.execute(INSERT_RETRACTIONS, keys)


async def _erase_fanouts(connection: PoolConnectionProxy, person_id: PersonId, seq: int) -> None:
    found = await connection.fetch(SELECT_FANOUTS, person_id, seq)
    places = [row["seq"] for row in found], [row["event_index"] for row in found]
    facts = [_erase_or_empty(row["facts"], person_id) for row in found]
    await connection.execute(UPDATE_FANOUTS, *places, facts)
