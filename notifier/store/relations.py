"""Loads the present relations of recipients to announcements, on which their rights rest."""

from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.values.ids import AnnouncementId, PersonId
from notifier.rights import Relation
from notifier.state import KnownBooking
from notifier.store.state import announcement_from
from runtime.postgres.arrays import to_arrays

Pair = tuple[AnnouncementId, PersonId]
"""An announcement and a recipient."""

# One statement, so that all parts are of one moment. While the journal is being read again the
# tables show the past, so nothing is returned.
SELECT_RELATIONS: Final = """
    SELECT asked.announcement_id, asked.recipient, e.state,
           p.booking_id, p.author_status, p.guest_status, p.seated, p.waiting,
           EXISTS (SELECT FROM notifier.mutes m
                   WHERE m.person_id = asked.recipient AND m.host_id = e.author_id)
           AS mutes_author,
           EXISTS (SELECT FROM notifier.blocks b
                   WHERE (b.person_id = asked.recipient AND b.blocked_id = e.author_id)
                      OR (b.blocked_id = asked.recipient AND b.person_id = e.author_id))
           AS apart
    FROM notifier.reader_position r
    CROSS JOIN unnest($1::uuid[], $2::uuid[]) AS asked (announcement_id, recipient)
    CROSS JOIN LATERAL (
        SELECT state, notifier.person_in(state, 'author_id')::uuid AS author_id
        FROM notifier.evenings WHERE announcement_id = asked.announcement_id OFFSET 0
    ) e
    LEFT JOIN notifier.participations p
        ON p.announcement_id = asked.announcement_id AND p.guest_id = asked.recipient
    WHERE r.reader = 'notifier' AND r.seq >= r.told_seq
"""


async def load_relations(
    connection: PoolConnectionProxy, asked: Sequence[Pair]
) -> Mapping[Pair, asyncpg.Record]:
    """Return the rows of those pairs whose relation is known, for `relation_from`."""
    rows = await connection.fetch(SELECT_RELATIONS, *to_arrays(asked))
    return {(row["announcement_id"], row["recipient"]): row for row in rows}


def relation_from(row: asyncpg.Record) -> Relation:
    """Return a relation made of its row. Raises msgspec.ValidationError."""
    booking = None
    if row["booking_id"] is not None:
        booking = KnownBooking(
            row["booking_id"],
            row["announcement_id"],
            row["recipient"],
            (row["author_status"], row["guest_status"]),
            row["seated"],
            row["waiting"],
        )
    return Relation(announcement_from(row["state"]), booking, row["mutes_author"], row["apart"])
