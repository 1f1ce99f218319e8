"""Records what operators do to the outbox: who, what, when, and what stood before.

Call it in the transaction of the change. A record has no words: what a notice says is in the
notice alone, and goes with it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from asyncpg.pool import PoolConnectionProxy

from contracts.values.ids import AnnouncementId

Act = Literal[
    "created",
    "rescheduled",
    "cancelled",
    "approved",
    "dead_letters_retried",
    "dead_letter_dropped",
]

BY_OPERATOR: Final = "by_operator"
"""Reason of a row that an operator gave up."""
INSERT_RECORDS: Final = """
    INSERT INTO notifier.moderation (at, signed_by, act, notice_id, before, after)
    SELECT $1, $2, $3, r.* FROM unnest($4::bigint[], $5::json[], $6::json[])
        AS r (notice_id, before, after)
"""
INSERT_RECORD: Final = """
    INSERT INTO notifier.moderation
        (at, signed_by, act, position, event_index, announcement_id, target, before, after)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


class Signature(NamedTuple):
    """The operator who acts, and the time."""

    by: str | None
    """How the operator signs: the operator token belongs to no person."""
    at: datetime


class ActSubject(NamedTuple):
    """Names the fan-out, the publication or the parked event that an act is about."""

    position: int | None = None
    """With the index, the place of a parked event, or of the one that a fan-out tells of."""
    event_index: int | None = None
    announcement_id: AnnouncementId | None = None
    """With the target, names a publication."""
    target: str | None = None


async def record_notice_acts(
    connection: PoolConnectionProxy,
    act: Act,
    signature: Signature,
    before: Mapping[int, Any],
    after: Mapping[int, Any],
) -> None:
    """Record the act for each notice in `before`."""
    ids = sorted(before)
    columns = ids, [before[one] for one in ids], [after[one] for one in ids]
    await connection.execute(INSERT_RECORDS, signature.at, signature.by, act, *columns)


async def record_act(
    connection: PoolConnectionProxy,
    act: Act,
    signature: Signature,
    subject: ActSubject,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Record what an operator did to one thing."""
    await connection.execute(
        INSERT_RECORD, signature.at, signature.by, act, *subject, before, after
    )
