"""The outbox of publications: written by the journal's reader, worked off by publishers.

A row is leased before its target is told anything. If a publisher dies in between, nobody knows
whether the target has the post: the row is `unsettled`, and only a target that knows posts by
their key is told again by itself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.targets import TargetName
from notifier.planning.publications import PlannedPublication
from notifier.policies.effects import MERGED_WITHIN
from notifier.publishing.steps import LeasedPublication, PublicationResult
from notifier.store.notices import OperatorChange
from notifier.store.operators.acts import ActSubject, Signature, record_act
from notifier.store.session import LeaseSession
from notifier.store.turns import NOT_BEFORE_RESTORED
from runtime.postgres.tables import acquire_connection, transaction

# What the journal had when this outbox was restored may have been posted before.
_MAY_STAND: Final = """(restored.again AND posted_revision IS NULL AND target = ANY($2::text[]))"""
_RESTORED: Final = """(SELECT restored_seq >= $3 AS again FROM notifier.reader_position
          WHERE reader = 'notifier') AS restored"""
# One that is being sent keeps its state: `record` sees that there is something newer.
RENEW: Final = f"""
    UPDATE notifier.publications SET wanted = target = ANY($2::text[]), revision = $3,
        changed_at = $4, traceparent = nullif($6::text, ''), attempts = 0,
        unsettled = unsettled OR {_MAY_STAND},
        holder = CASE WHEN NOT {_MAY_STAND} THEN holder END,
        reason = CASE WHEN {_MAY_STAND} THEN 'may_have_arrived'
                      WHEN state = 'unsettled' THEN reason END,
        state = CASE WHEN {_MAY_STAND} THEN 'unsettled'
                     WHEN state IN ('sending', 'unsettled') THEN state ELSE 'waiting' END,
        try_at = CASE WHEN posted_revision IS NULL OR target <> ALL($2::text[]) THEN $4
                      ELSE $5::timestamptz END
    FROM {_RESTORED} WHERE announcement_id = $1
"""
INSERT: Final = f"""
    INSERT INTO notifier.publications
        (announcement_id, target, author_id, wanted, revision, changed_at, try_at,
         traceparent, unsettled, state, reason)
    SELECT $1, target, $5, true, $3, $4, $4, nullif($6::text, ''), again,
           CASE WHEN again THEN 'unsettled' ELSE 'waiting' END,
           CASE WHEN again THEN 'may_have_arrived' END
    FROM unnest($2::text[]) AS target, {_RESTORED}
    ON CONFLICT DO NOTHING
"""
WITHDRAW_ALL_OF: Final = """
    UPDATE notifier.publications SET wanted = false, revision = $2, changed_at = $3, attempts = 0,
        reason = NULL, try_at = $3, traceparent = NULL,
        state = CASE WHEN state IN ('sending', 'unsettled') THEN state ELSE 'waiting' END
    WHERE author_id = $1 AND revision < $2
"""
LEASE: Final = f"""
    UPDATE notifier.publications p SET state = 'sending', holder = $2, attempts = p.attempts + 1
    FROM (SELECT announcement_id, target FROM notifier.publications
          WHERE (state = 'waiting' OR (state = 'unsettled' AND target = ANY($3::text[])))
            AND try_at <= $1
            AND EXISTS (SELECT FROM notifier.reader_position r
                        WHERE r.reader = 'notifier' AND r.seq >= r.told_seq)
            AND {NOT_BEFORE_RESTORED}
          ORDER BY try_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
    WHERE p.announcement_id = due.announcement_id AND p.target = due.target
    RETURNING p.announcement_id, p.target, p.author_id, p.wanted, p.revision, p.changed_at,
              p.posted_revision, p.stands, p.unsettled, p.attempts,
              coalesce(p.traceparent, '') AS traceparent
"""
RECORD: Final = """
    UPDATE notifier.publications SET holder = NULL, reason = $4, unsettled = $6,
        state = CASE WHEN revision > $7 AND $3 <> 'unsettled' THEN 'waiting' ELSE $3 END,
        posted_revision = CASE WHEN $5::text IS NULL THEN posted_revision ELSE $7 END,
        stands = CASE WHEN $5::text IS NULL THEN stands ELSE $5 <> 'withdraw' END,
        try_at = CASE WHEN revision > $7 THEN try_at ELSE coalesce($8, try_at) END
    WHERE announcement_id = $1 AND target = $2 AND state IN ('sending', 'unsettled')
"""
SELECT_HOST_NAME: Final = """
    SELECT name FROM notifier.people WHERE person_id = $1 AND NOT erased
"""
_COLUMNS: Final = """
    announcement_id, target, author_id, wanted, revision AS position, changed_at, stands, state,
    reason, attempts, try_at
"""
SELECT_PUBLICATIONS: Final = f"""
    SELECT {_COLUMNS} FROM notifier.publications
    WHERE ($1::text IS NULL OR state = $1)
      AND ($2::bigint IS NULL OR revision < $2
           OR revision = $2 AND (announcement_id, target) > ($3::uuid, $4::text))
    ORDER BY revision DESC, announcement_id, target LIMIT $5
"""
SELECT_PUBLICATION: Final = f"""
    SELECT {_COLUMNS} FROM notifier.publications WHERE announcement_id = $1 AND target = $2
"""
# What stands in the record of an act, before and after.
SELECT_FACTS: Final = """
    SELECT json_build_object('state', state, 'reason', reason, 'due_at', try_at,
                             'may_have_arrived', unsettled)
    FROM notifier.publications WHERE announcement_id = $1 AND target = $2
"""
LOCK: Final = f"{SELECT_FACTS} FOR UPDATE"
# An operator who retries an unsettled one has seen that the target does not have it.
RETRY: Final = """
    UPDATE notifier.publications SET state = 'waiting', reason = NULL, attempts = 0, try_at = $3,
        changed_at = greatest(changed_at, $3), unsettled = false
    WHERE announcement_id = $1 AND target = $2 AND state IN ('waiting', 'parked', 'unsettled')
      AND ($4::text IS NULL OR state = $4)
"""
COUNT_STUCK: Final = """
    SELECT count(*) FROM notifier.publications WHERE state IN ('parked', 'unsettled')
"""

StoredPublication = dict[str, Any]
"""One publication by column name; instants are aware."""


class PublicationPlace(NamedTuple):
    """The place of a publication in the list."""

    revision: int
    announcement_id: AnnouncementId
    target: TargetName


async def save_publications(
    connection: PoolConnectionProxy, planned: Iterable[PlannedPublication]
) -> None:
    for one in planned:
        given = one.announcement_id, list(one.targets), one.revision, one.changed_at
        await connection.execute(RENEW, *given, one.changed_at + MERGED_WITHIN, one.traceparent)
        await connection.execute(INSERT, *given, one.author_id, one.traceparent)


async def withdraw_all_of(
    connection: PoolConnectionProxy, author_id: PersonId, seq: int, at: datetime
) -> None:
    """Let no post stand any more of what the author announced before the erasure at `seq`."""
    await connection.execute(WITHDRAW_ALL_OF, author_id, seq, at)


class Publications:
    """The outbox of publishers, and what operators see of it. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.session = LeaseSession(pool)

    async def lease(self, now: datetime, replacing: Sequence[str]) -> LeasedPublication | None:
        """Lease one that is due; None if there is none. Unsettled ones are due at targets named
        in `replacing`."""
        async with acquire_connection(self._pool) as connection:
            row = await connection.fetchrow(LEASE, now, self.session.holder, replacing)
        return None if row is None else LeasedPublication(**dict(row))

    async def record(self, leased: LeasedPublication, result: PublicationResult) -> None:
        """Record the result. If there is something newer, it waits again."""
        async with acquire_connection(self._pool) as connection:
            await connection.execute(
                RECORD,
                leased.announcement_id,
                leased.target,
                result.state,
                result.reason,
                result.action,
                result.unsettled,
                leased.revision,
                result.try_at,
            )

    async def find_host_name(self, person_id: PersonId) -> str:
        """Return the person's name; empty for somebody not known or erased."""
        async with acquire_connection(self._pool) as connection:
            name: str | None = await connection.fetchval(SELECT_HOST_NAME, person_id)
        return name or ""

    async def count_stuck(self) -> int:
        """Return how many wait for an operator."""
        async with acquire_connection(self._pool) as connection:
            count: int = await connection.fetchval(COUNT_STUCK)
        return count

    async def select(
        self, state: str | None, after: PublicationPlace | None, limit: int
    ) -> Sequence[StoredPublication]:
        """Return those whose newest change is newest, first, or those behind a place; None stands
        for any state."""
        place = after or (None, None, None)
        async with acquire_connection(self._pool) as connection:
            rows = await connection.fetch(SELECT_PUBLICATIONS, state, *place, limit)
        return [dict(row) for row in rows]

    async def retry(
        self,
        place: tuple[AnnouncementId, str],
        at: datetime,
        signature: Signature,
        *,
        only: str | None = None,
        dry_run: bool,
    ) -> OperatorChange:
        """Make the publication of an announcement at a target due at this time, unless it is done
        or being sent, or is not in the state `only`, and record that. With `dry_run` nothing is
        changed."""
        async with transaction(self._pool, dry_run=dry_run) as connection:
            before = await connection.fetchval(LOCK, *place)
            done = await connection.execute(RETRY, *place, at, only) == "UPDATE 1"
            if done:
                after = await connection.fetchval(SELECT_FACTS, *place)
                subject = ActSubject(announcement_id=place[0], target=place[1])
                await record_act(connection, "rescheduled", signature, subject, before, after)
            row = await connection.fetchrow(SELECT_PUBLICATION, *place)
        return OperatorChange(done, None if row is None else dict(row))
