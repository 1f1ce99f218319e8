"""Writes state, notices and position in one transaction, for the reader of the journal."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.notices import Kind
from contracts.values.ids import PersonId
from notifier.kinds import URGENT
from notifier.planning.fold import DecodedCommit, Gaps, NeededState, ParkedEvent
from notifier.planning.notice_plan import (
    NoticePlan,
    PlannedErasure,
    PlannedFanOut,
    PlannedNotice,
)
from notifier.policies.effects import Withdraw
from notifier.rights import ERASED
from notifier.state import NotifierState
from notifier.store import state
from notifier.store.publications import save_publications, withdraw_all_of
from notifier.store.turns import BY_INDEX, TURN_BEFORE
from runtime.following.reader import Step
from runtime.following.stored_position import StoredPosition
from runtime.journal.tail import Position
from runtime.postgres.arrays import to_arrays
from runtime.postgres.tables import transaction

POSITION: Final = StoredPosition(
    "notifier.reader_position",
    "notifier",
    also_set="told_seq = greatest(p.told_seq, $6)",
    returning="before.told_seq",
)
UPDATE_MERGED: Final = """
    UPDATE notifier.notices n SET facts = m.facts, receipt = m.receipt, state = m.state,
        reason = m.reason, unapproved = n.unapproved OR n.kind = ANY($6::text[]),
        try_at = CASE WHEN n.kind = ANY($6::text[]) THEN n.expires_at ELSE n.try_at END
    FROM unnest($1::text[], $2::json[], $3::boolean[], $4::text[], $5::text[])
        AS m (key, facts, receipt, state, reason)
    WHERE n.key = m.key
"""
# Fan-outs go before notices: this waits for one that is being expanded until its notices are there.
DROP_FANOUTS: Final = """
    UPDATE notifier.fanouts SET state = 'dropped', reason = $2
    WHERE announcement_id = $1 AND state = 'waiting'
"""
# A notice that is being sent, or may have arrived, is not simply dropped. The first withdrawal
# that concerns it counts. All are locked in order of their ids first, as dispatchers do.
DROP_NOTICES: Final = """
    WITH withdrawn AS MATERIALIZED (
        SELECT DISTINCT ON (n.id) n.id, w.reason
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) WITH ORDINALITY
            AS w (announcement_id, kind, recipient, reason, place)
        JOIN notifier.notices n ON n.announcement_id = w.announcement_id AND n.kind = w.kind
            AND (w.recipient IS NULL OR n.recipient = w.recipient) AND n.state = 'waiting'
        ORDER BY n.id, w.place
    ), locked AS MATERIALIZED (
        SELECT id FROM notifier.notices WHERE id = ANY(ARRAY(SELECT id FROM withdrawn))
        ORDER BY id FOR UPDATE
    )
    UPDATE notifier.notices n SET reason = w.reason,
        state = CASE WHEN unsettled OR holder IS NOT NULL THEN 'unconfirmed' ELSE 'dropped' END
    FROM withdrawn w JOIN locked USING (id) WHERE n.id = w.id AND n.state = 'waiting'
"""
# One that waits for an approval is tried at its end only, when it is too late.
# A reminder that was dropped unsent is due again if the announcement is moved back. One that
# was sent, missed or cancelled stays as it is. No other notice ever has a key twice.
INSERT_NOTICES: Final = f"""
    WITH planned AS (
        SELECT n.*, kind = ANY($15::text[]) AS unapproved, kind = ANY($16::text[]) AS urgent
        FROM unnest(
            $1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::boolean[], $7::json[],
            $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
            $12::text[], $13::text[], $14::text[]) WITH ORDINALITY
            AS n (key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
                  event_time, due_at, expires_at, state, reason, crowd, place)
    ), at_once AS MATERIALIZED (
        SELECT place, urgent, crowd FROM planned
        WHERE state = 'waiting' AND due_at <= happened_at AND NOT unapproved
    ), crowds AS MATERIALIZED (
        SELECT urgent, crowd, {TURN_BEFORE} AS turn_before
        FROM (SELECT DISTINCT urgent, crowd FROM at_once) c
    ), turned AS MATERIALIZED (
        SELECT place, turn_before
            + row_number() OVER (PARTITION BY urgent, crowd ORDER BY place) AS turn
        FROM at_once JOIN crowds USING (urgent, crowd)
    )
    INSERT INTO notifier.notices
        (key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
         event_time, due_at, expires_at, state, reason, crowd, unapproved, try_at, urgent, turn)
    SELECT key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
        event_time, due_at, expires_at, state, reason, crowd, unapproved,
        CASE WHEN unapproved THEN expires_at ELSE due_at END, urgent, turn
    FROM planned LEFT JOIN turned USING (place) ORDER BY place
    ON CONFLICT (key) DO UPDATE
    SET state = 'waiting', reason = NULL, attempts = 0, facts = excluded.facts,
        unapproved = excluded.unapproved, try_at = excluded.try_at, turn = NULL
    WHERE notices.state IN ('dropped', 'unconfirmed') AND notices.event_time IS NOT NULL
"""
# Waits for a fan-out that is being expanded: its notices are there when the last id is looked up.
DROP_FANOUTS_OF: Final = """
    UPDATE notifier.fanouts f SET state = 'dropped', reason = $3
    FROM unnest($1::uuid[], $2::bigint[]) AS e (person_id, seq)
    WHERE f.author_id = e.person_id AND f.seq < e.seq AND f.state = 'waiting'
"""
# A client may have chosen the id of a request.
FORGET_REQUESTS: Final = """
    UPDATE notifier.dead_letters d SET request_id = NULL
    FROM unnest($1::uuid[], $2::bigint[]) AS e (person_id, seq)
    WHERE d.actor = e.person_id::text AND d.seq < e.seq AND d.request_id IS NOT NULL
"""
DELETE_PREFERENCES: Final = "DELETE FROM notifier.preferences WHERE person_id = ANY($1::uuid[])"
# One who came back may be erased again before the first erasure is carried out.
INSERT_ERASURES: Final = """
    INSERT INTO notifier.erasures (person_id, seq, erased_at, notices_up_to, try_at)
    SELECT e.*, (SELECT coalesce(max(id), 0) FROM notifier.notices), e.erased_at
    FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[]) AS e (person_id, seq, erased_at)
    ON CONFLICT (person_id) DO UPDATE
    SET seq = excluded.seq, erased_at = excluded.erased_at,
        notices_up_to = excluded.notices_up_to, erased_up_to = 0,
        state = 'notices', attempts = 0, try_at = excluded.try_at
"""
INSERT_SOURCES: Final = """
    INSERT INTO notifier.sources
        (seq, event_index, recipient, kind, notice_id, event_type, traceparent)
    SELECT s.seq, s.event_index, n.recipient, n.kind, n.id, s.event_type, nullif(s.traceparent, '')
    FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[])
        AS s (seq, event_index, event_type, traceparent, key)
    JOIN notifier.notices n ON n.key = s.key
    ON CONFLICT DO NOTHING
"""
INSERT_FANOUTS: Final = """
    INSERT INTO notifier.fanouts
        (seq, event_index, event_type, traceparent, author_id, announcement_id, facts,
         happened_at, expires_at, state, reason, try_at)
    SELECT seq, event_index, event_type, nullif(traceparent, ''), author_id, announcement_id,
           facts, happened_at, expires_at, state, reason, happened_at
    FROM unnest(
        $1::bigint[], $2::integer[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::json[],
        $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[])
        AS f (seq, event_index, event_type, traceparent, author_id, announcement_id, facts,
              happened_at, expires_at, state, reason)
    ON CONFLICT DO NOTHING
"""


class OutboxTransaction:
    """One transaction of the reader. Its position has been moved already."""

    def __init__(
        self, connection: PoolConnectionProxy, told_seq: int, approval: Collection[Kind]
    ) -> None:
        self._connection = connection
        self._approval = approval
        self.told_seq = told_seq
        """Highest seq of which people have been told. It is greater than the position while the
        journal is being read again."""

    async def load_state(self, needed: NeededState) -> NotifierState:
        return await state.load_state(self._connection, needed)

    async def load_plan(self, needed: NeededState) -> NoticePlan:
        """Return an empty plan, which knows the stored notices that further changes may join."""
        changes = await state.load_open_changes(self._connection, needed.with_guests)
        return NoticePlan(changes)

    async def load_gaps(self, commits: Iterable[DecodedCommit]) -> Gaps:
        """Return what is to be left out when these are folded."""
        return await state.load_gaps(self._connection, [one.commit.seq for one in commits])

    async def save_state(self, changed: NotifierState) -> None:
        await state.save_state(self._connection, changed)

    async def save_parked(self, parked: Iterable[ParkedEvent]) -> None:
        await state.save_parked(self._connection, parked)

    async def save_plan(self, plan: NoticePlan) -> None:
        await _save_plan(self._connection, plan, self._approval)


class NoticeOutbox:
    """The outbox of the journal's reader. Methods raise TablesUnavailable."""

    def __init__(self, pool: asyncpg.Pool, approval: Collection[Kind] = ()) -> None:
        """Notices of the kinds in `approval` wait for an operator."""
        self._pool = pool
        self._approval = approval

    async def position(self) -> Position:
        """Return the stored position, `START` if nothing was read yet."""
        return await POSITION.load_or_create(self._pool)

    @asynccontextmanager
    async def transaction(self, step: Step) -> AsyncIterator[OutboxTransaction]:
        """Move the position and write what the body of the context saves, all or nothing. Raises
        RowsRefused, and Fenced if the tables are not at the expected position."""
        async with transaction(self._pool) as connection:
            moved = await POSITION.move(connection, step.expected, step.reached)
            yield OutboxTransaction(connection, moved["told_seq"], self._approval)


async def insert_notices(
    connection: PoolConnectionProxy,
    notices: Sequence[PlannedNotice],
    approval: Collection[Kind] = (),
) -> None:
    """Insert new notices. Those of the kinds in `approval` wait for an operator. If the key is
    there already, the stored notice is left alone; only a reminder that was dropped becomes due
    again."""
    if not notices:
        return
    await connection.execute(BY_INDEX)
    await connection.execute(
        INSERT_NOTICES,
        *to_arrays(
            (
                notice.key,
                notice.recipient,
                notice.kind,
                notice.announcement_id,
                notice.booking_id,
                notice.receipt,
                notice.facts,
                notice.happened_at,
                notice.event_time,
                notice.due_at,
                notice.expires_at,
                notice.state,
                notice.reason,
                notice.facts.get("author_id", notice.recipient),
            )
            for notice in notices
        ),
        list(approval),
        list(URGENT),
    )
    await _insert_sources(connection, notices)


async def _save_plan(
    connection: PoolConnectionProxy, plan: NoticePlan, approval: Collection[Kind]
) -> None:
    if merged := list(plan.merged.values()):
        columns = ((one.key, one.facts, one.receipt, one.state, one.reason) for one in merged)
        await connection.execute(UPDATE_MERGED, *to_arrays(columns), list(approval))
        await _insert_sources(connection, merged)
    await _withdraw(connection, plan.withdrawals)
    await save_publications(connection, plan.publications)
    if plan.erasures:
        await _begin_erasures(connection, plan.erasures)
    await insert_notices(connection, plan.notices, approval)
    if plan.fanouts:
        await connection.execute(INSERT_FANOUTS, *to_arrays(map(_fanout_values, plan.fanouts)))


async def _withdraw(connection: PoolConnectionProxy, withdrawals: Sequence[Withdraw]) -> None:
    for one in withdrawals:
        if "announce_new" in one.kinds:
            await connection.execute(DROP_FANOUTS, one.announcement_id, one.reason)
    rows = [
        (one.announcement_id, kind, recipient, one.reason)
        for one in withdrawals
        for kind in one.kinds
        for recipient in ([None] if one.recipients is None else one.recipients)
    ]
    if rows:
        await connection.execute(DROP_NOTICES, *to_arrays(rows))


async def _begin_erasures(
    connection: PoolConnectionProxy, erasures: Mapping[PersonId, PlannedErasure]
) -> None:
    """Stop what the outbox would still tell of these people, and note that their texts are to be
    taken from it."""
    people, seqs = list(erasures), [one.seq for one in erasures.values()]
    await connection.execute(DROP_FANOUTS_OF, people, seqs, ERASED)
    await connection.execute(FORGET_REQUESTS, people, seqs)
    await connection.execute(DELETE_PREFERENCES, people)
    await connection.execute(INSERT_ERASURES, people, *to_arrays(erasures.values()))
    for person_id, erasure in erasures.items():
        await withdraw_all_of(connection, person_id, erasure.seq, erasure.erased_at)


async def _insert_sources(
    connection: PoolConnectionProxy, notices: Iterable[PlannedNotice]
) -> None:
    sources = [(*source, notice.key) for notice in notices for source in notice.sources]
    if sources:  # What an operator writes has none.
        await connection.execute(INSERT_SOURCES, *to_arrays(sources))


def _fanout_values(fanout: PlannedFanOut) -> tuple[Any, ...]:
    effect = fanout.effect
    return (
        *fanout.source,
        effect.author_id,
        effect.announcement_id,
        effect.facts,
        fanout.happened_at,
        effect.expires_at,
        fanout.state,
        fanout.reason,
    )
