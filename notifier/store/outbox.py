"""The outbox: what the reader writes, in one transaction with its position and its state."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.journal.acceptance import ReaderState
from contracts.journal.records import Commit
from notifier.fold import DeadLetter, fold, read, refused, wanted
from notifier.outgoing import FanOutRow, Outgoing, Row
from notifier.store import state
from runtime.journal.tail import START, Position
from runtime.postgres.tables import Fenced, acquire_connection, transaction

READER: Final = "notifier"

CREATE_POSITION: Final = """
    INSERT INTO notifier.reader_position (reader, "offset", term, seq, hash, nonce, open)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""
SELECT_POSITION: Final = """
    SELECT "offset", term, seq, hash, nonce, open FROM notifier.reader_position
    WHERE reader = $1
"""
# Locks the row first of all, so that of two readers one waits, and then finds nothing.
MOVE_POSITION: Final = """
    UPDATE notifier.reader_position p
    SET "offset" = $4, term = $5, seq = $6, hash = $7, nonce = $8, open = $9,
        told_seq = greatest(p.told_seq, $6)
    FROM (SELECT reader, told_seq FROM notifier.reader_position
          WHERE reader = $1 FOR UPDATE) before
    WHERE p.reader = before.reader AND p.seq = $2 AND p.hash = $3
    RETURNING before.told_seq
"""
UPDATE_MERGED: Final = """
    UPDATE notifier.notices n SET facts = m.facts, receipt = m.receipt, state = m.state,
        reason = m.reason
    FROM unnest($1::text[], $2::json[], $3::boolean[], $4::text[], $5::text[])
        AS m (key, facts, receipt, state, reason)
    WHERE n.key = m.key
"""
# Fan-outs first: one that is just being expanded holds this up until its rows are there.
DROP_FANOUTS: Final = """
    UPDATE notifier.fanouts SET state = 'dropped', reason = $2
    WHERE announcement_id = $1 AND state = 'waiting'
"""
# One that is on its way, or may have arrived, is not simply dropped.
DROP_NOTICES: Final = """
    UPDATE notifier.notices SET reason = $3,
        state = CASE WHEN unsettled OR holder IS NOT NULL THEN 'unconfirmed' ELSE 'dropped' END
    WHERE announcement_id = $1 AND kind = ANY($2::text[]) AND state = 'waiting'
      AND ($4::uuid[] IS NULL OR recipient = ANY($4))
"""
# A reminder that was dropped unsent is due again when the evening is moved back. One that
# was sent, missed or cancelled stays what it is. Nothing else ever has a key twice.
INSERT_NOTICES: Final = """
    INSERT INTO notifier.notices
        (key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
         event_time, due_at, expires_at, state, reason, crowd, try_at)
    SELECT *, due_at FROM unnest(
        $1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::boolean[], $7::json[],
        $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
        $12::text[], $13::text[], $14::text[])
        AS n (key, recipient, kind, announcement_id, booking_id, receipt, facts, happened_at,
              event_time, due_at, expires_at, state, reason, crowd)
    ON CONFLICT (key) DO UPDATE
    SET state = 'waiting', reason = NULL, attempts = 0, facts = excluded.facts,
        try_at = excluded.try_at, turn = NULL
    WHERE notices.state IN ('dropped', 'unconfirmed') AND notices.event_time IS NOT NULL
"""
INSERT_SOURCES: Final = """
    INSERT INTO notifier.sources (seq, event_index, recipient, kind, notice_id, event_type)
    SELECT s.seq, s.event_index, n.recipient, n.kind, n.id, s.event_type
    FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[])
        AS s (seq, event_index, event_type, key)
    JOIN notifier.notices n ON n.key = s.key
    ON CONFLICT DO NOTHING
"""
INSERT_FANOUTS: Final = """
    INSERT INTO notifier.fanouts
        (seq, event_index, event_type, author_id, announcement_id, facts, happened_at,
         expires_at, state, reason, try_at)
    SELECT *, happened_at FROM unnest(
        $1::bigint[], $2::integer[], $3::text[], $4::uuid[], $5::uuid[], $6::json[],
        $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[])
        AS f (seq, event_index, event_type, author_id, announcement_id, facts, happened_at,
              expires_at, state, reason)
    ON CONFLICT DO NOTHING
"""


class Written(NamedTuple):
    notices: int
    letters: Sequence[DeadLetter]


class Outbox:
    """The reader's side of the tables."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def position(self) -> Position:
        """`START` where nothing was read yet. Raises TablesUnavailable."""
        async with acquire_connection(self._pool) as connection:
            await connection.execute(CREATE_POSITION, READER, *_fields(START))
            row = await connection.fetchrow(SELECT_POSITION, READER)
        assert row is not None  # Just made sure of.
        accepted = ReaderState(row["term"], row["seq"], row["hash"], row["nonce"], row["open"])
        return Position(row["offset"], accepted)

    async def write(
        self,
        commits: Sequence[Commit],
        expected: Position,
        reached: Position,
        refusal: str | None = None,
    ) -> Written:
        """State, notices and position, or nothing of them.

        With `refusal` all events of the commits are parked, with that reason. Raises
        TablesUnavailable, RowsRefused, and Fenced where the tables are not at `expected`.
        """
        commits_read = read(commits)
        needed = wanted(commits_read)
        async with transaction(self._pool) as connection:
            told_seq = await _move(connection, expected, reached)
            if refusal is not None:
                letters = refused(commits_read, refusal)
                await state.save_letters(connection, letters)
                return Written(0, letters)
            world = await state.load_world(connection, needed)
            outgoing = Outgoing(await state.load_open_edits(connection, needed.whole))
            stopped = await state.load_stopped(connection)
            letters = fold(commits_read, world, outgoing, told_seq=told_seq, stopped=stopped)
            await state.save_world(connection, world)
            await state.save_letters(connection, letters)
            await _send_out(connection, outgoing)
            return Written(len(outgoing.rows), letters)


async def insert_rows(connection: PoolConnectionProxy, rows: Sequence[Row]) -> None:
    """New notices; those whose key is there already are left alone, or due again."""
    if not rows:
        return
    await connection.execute(
        INSERT_NOTICES,
        *_columns(
            (
                row.key,
                row.recipient,
                row.kind,
                row.announcement_id,
                row.booking_id,
                row.receipt,
                row.facts,
                row.happened_at,
                row.event_time,
                row.due_at,
                row.expires_at,
                row.state,
                row.reason,
                row.facts.get("author_id"),
            )
            for row in rows
        ),
    )
    await _insert_sources(connection, rows)


async def _send_out(connection: PoolConnectionProxy, outgoing: Outgoing) -> None:
    merged = list(outgoing.merged.values())
    if merged:
        await connection.execute(
            UPDATE_MERGED,
            *_columns((row.key, row.facts, row.receipt, row.state, row.reason) for row in merged),
        )
        await _insert_sources(connection, merged)
    for gone in outgoing.withdrawals:
        if "announce_new" in gone.kinds:
            await connection.execute(DROP_FANOUTS, gone.announcement_id, gone.reason)
        recipients = None if gone.recipients is None else list(gone.recipients)
        await connection.execute(
            DROP_NOTICES, gone.announcement_id, list(gone.kinds), gone.reason, recipients
        )
    await insert_rows(connection, outgoing.rows)
    if outgoing.fanouts:
        await connection.execute(INSERT_FANOUTS, *_columns(map(_fanout, outgoing.fanouts)))


async def _insert_sources(connection: PoolConnectionProxy, rows: Sequence[Row]) -> None:
    sources = ((*source, row.key) for row in rows for source in row.sources)
    await connection.execute(INSERT_SOURCES, *_columns(sources))


async def _move(connection: PoolConnectionProxy, expected: Position, reached: Position) -> int:
    """The highest seq that was told of before."""
    before = expected.state
    told_seq: int | None = await connection.fetchval(
        MOVE_POSITION, READER, before.seq, before.hash, *_fields(reached)
    )
    if told_seq is None:
        raise Fenced(f"the tables are not at seq {before.seq}: another notifier moved them")
    return told_seq


def _fanout(row: FanOutRow) -> tuple[Any, ...]:
    effect = row.effect
    return (
        *row.source,
        effect.author_id,
        effect.announcement_id,
        effect.facts,
        row.happened_at,
        effect.expires_at,
        row.state,
        row.reason,
    )


def _fields(position: Position) -> tuple[Any, ...]:
    at = position.state
    return position.offset, at.term, at.seq, at.hash, at.nonce, at.open


def _columns(rows: Any) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
