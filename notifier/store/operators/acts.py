"""Records what operators do to the outbox: who, what, when, and what stood before.

Call it in the transaction of the change. A record has no words: what a notice says is in the
notice alone, and goes with it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from asyncpg.pool import PoolConnectionProxy

from contracts.values.ids import AnnouncementId

Act = Literal["created", "rescheduled", "cancelled", "approved"]

INSERT_RECORDS: Final = """
    INSERT INTO notifier.moderation (at, signed_by, act, notice_id, before, after)
    SELECT $1, $2, $3, r.* FROM unnest($4::bigint[], $5::json[], $6::json[])
        AS r (notice_id, before, after)
"""
INSERT_FANOUT_RECORD: Final = """
    INSERT INTO notifier.moderation (at, signed_by, act, position, event_index, before, after)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
INSERT_PUBLICATION_RECORD: Final = """
    INSERT INTO notifier.moderation (at, signed_by, act, announcement_id, target, before, after)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class Signature(NamedTuple):
    """The operator who acts, and the time."""

    by: str | None
    """How the operator signs: the operator token belongs to no person."""
    at: datetime


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


async def record_fanout_act(
    connection: PoolConnectionProxy,
    act: Act,
    signature: Signature,
    place: tuple[int, int],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Record what an operator did to a fan-out."""
    await connection.execute(
        INSERT_FANOUT_RECORD, signature.at, signature.by, act, *place, before, after
    )


async def record_publication_act(
    connection: PoolConnectionProxy,
    act: Act,
    signature: Signature,
    place: tuple[AnnouncementId, str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Record what an operator did to a publication, which an announcement and a target name."""
    await connection.execute(
        INSERT_PUBLICATION_RECORD, signature.at, signature.by, act, *place, before, after
    )
