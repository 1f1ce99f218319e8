"""Loads the part of the notifier's state that some events need, and saves what has changed."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec
from asyncpg.pool import PoolConnectionProxy

from contracts.journal.places import EventPlace
from contracts.values.ids import AnnouncementId
from contracts.values.text import make_storable
from notifier.planning.fold import Gaps, NeededState, ParkedEvent
from notifier.planning.notice_plan import PlannedNotice
from notifier.state import KnownAnnouncement, KnownBooking, NotifierState
from runtime.postgres.arrays import to_arrays

SELECT_ANNOUNCEMENTS: Final = """
    SELECT state FROM notifier.evenings WHERE announcement_id = ANY($1::uuid[])
"""
SELECT_ANNOUNCEMENTS_OF: Final = """
    SELECT state FROM notifier.evenings
    WHERE notifier.person_in(state, 'author_id') = ANY($1::text[])
      AND announcement_id <> ALL($2::uuid[])
"""
SELECT_ERASURE_REQUESTS: Final = """
    SELECT person_id, erase_at FROM notifier.erasure_requests WHERE person_id = ANY($1::uuid[])
"""
SELECT_BOOKINGS: Final = """
    SELECT booking_id, announcement_id, guest_id, author_status, guest_status, seated, waiting
    FROM notifier.participations
    WHERE announcement_id = ANY($1::uuid[]) OR booking_id = ANY($2::uuid[])
"""
# The lock keeps a dispatcher from sending a notice while a change joins it.
SELECT_OPEN_CHANGES: Final = """
    SELECT key, recipient, kind, announcement_id, booking_id, facts, happened_at, due_at,
           expires_at, receipt
    FROM notifier.notices
    WHERE announcement_id = ANY($1::uuid[]) AND kind = 'announce_put' AND state = 'waiting'
      AND attempts = 0 AND holder IS NULL AND NOT unsettled
    ORDER BY id FOR UPDATE
"""
SELECT_GAPS: Final = """
    SELECT DISTINCT key, NULL::bigint AS seq, NULL::integer AS event_index
    FROM notifier.dead_letters WHERE key IS NOT NULL AND dropped_at IS NULL
    UNION ALL
    SELECT NULL, seq, event_index
    FROM notifier.dead_letters WHERE dropped_at IS NOT NULL AND seq = ANY($1::bigint[])
"""

UPSERT_PEOPLE: Final = """
    INSERT INTO notifier.people (person_id, name, language, tz, erased)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::boolean[])
    ON CONFLICT (person_id) DO UPDATE
    SET name = excluded.name, language = excluded.language, tz = excluded.tz,
        erased = excluded.erased
"""
UPSERT_ERASURE_REQUESTS: Final = """
    INSERT INTO notifier.erasure_requests (person_id, erase_at)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[])
    ON CONFLICT (person_id) DO UPDATE SET erase_at = excluded.erase_at
"""
DELETE_ERASURE_REQUESTS: Final = """
    DELETE FROM notifier.erasure_requests WHERE person_id = ANY($1::uuid[])
"""
SELECT_TOLD_OF_CHATS: Final = """
    SELECT announcement_id, person_id FROM notifier.told_of_chats
    WHERE announcement_id = ANY($1::uuid[])
"""
INSERT_TOLD_OF_CHATS: Final = """
    INSERT INTO notifier.told_of_chats (announcement_id, person_id)
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING
"""
DELETE_TOLD_OF_CHATS: Final = """
    DELETE FROM notifier.told_of_chats t
    USING unnest($1::uuid[], $2::uuid[]) AS gone (announcement_id, person_id)
    WHERE t.announcement_id = gone.announcement_id AND t.person_id = gone.person_id
"""
UPSERT_ANNOUNCEMENTS: Final = """
    INSERT INTO notifier.evenings (announcement_id, state)
    SELECT * FROM unnest($1::uuid[], $2::json[])
    ON CONFLICT (announcement_id) DO UPDATE SET state = excluded.state
"""
UPSERT_BOOKINGS: Final = """
    INSERT INTO notifier.participations
        (booking_id, announcement_id, guest_id, author_status, guest_status, seated, waiting)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::boolean[], $5::boolean[],
                         $6::boolean[], $7::boolean[])
    ON CONFLICT (booking_id) DO UPDATE
    SET author_status = excluded.author_status, guest_status = excluded.guest_status,
        seated = excluded.seated, waiting = excluded.waiting
"""
INSERT_MUTES: Final = """
    INSERT INTO notifier.mutes (person_id, host_id)
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING
"""
DELETE_MUTES: Final = """
    DELETE FROM notifier.mutes m USING unnest($1::uuid[], $2::uuid[]) AS gone (person_id, host_id)
    WHERE m.person_id = gone.person_id AND m.host_id = gone.host_id
"""
DELETE_MUTES_BY: Final = "DELETE FROM notifier.mutes WHERE person_id = ANY($1::uuid[])"
INSERT_BLOCKS: Final = """
    INSERT INTO notifier.blocks (person_id, blocked_id)
    SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING
"""
DELETE_BLOCKS: Final = """
    DELETE FROM notifier.blocks b USING unnest($1::uuid[], $2::uuid[]) AS gone (person_id, other_id)
    WHERE b.person_id = gone.person_id AND b.blocked_id = gone.other_id
"""
DELETE_BLOCKS_BY: Final = "DELETE FROM notifier.blocks WHERE person_id = ANY($1::uuid[])"
INSERT_SUSPENSIONS: Final = """
    INSERT INTO notifier.suspensions (person_id) SELECT * FROM unnest($1::uuid[])
    ON CONFLICT DO NOTHING
"""
DELETE_SUSPENSIONS: Final = """
    DELETE FROM notifier.suspensions WHERE person_id = ANY($1::uuid[])
"""
UPSERT_PLANS: Final = """
    INSERT INTO notifier.plans (person_id, movie_id, times, places)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
    ON CONFLICT (person_id, movie_id) DO UPDATE
    SET times = excluded.times, places = excluded.places
"""
DELETE_PLANS: Final = """
    DELETE FROM notifier.plans p USING unnest($1::uuid[], $2::uuid[]) AS gone (person_id, movie_id)
    WHERE p.person_id = gone.person_id AND p.movie_id = gone.movie_id
"""
UPSERT_FREE_TIMES: Final = """
    INSERT INTO notifier.free_times (person_id, tz, times)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[])
    ON CONFLICT (person_id) DO UPDATE SET tz = excluded.tz, times = excluded.times
"""
DELETE_PLANS_OF: Final = (
    "DELETE FROM notifier.plans WHERE person_id = ANY($1::uuid[])",
    "DELETE FROM notifier.free_times WHERE person_id = ANY($1::uuid[])",
)
SELECT_SUSPENDED: Final = "SELECT person_id FROM notifier.suspensions"
INSERT_PARKED: Final = """
    INSERT INTO notifier.dead_letters
        (seq, event_index, type, key, reason, request_id, actor, told)
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[],
                         $6::text[], $7::text[], $8::boolean[])
    ON CONFLICT DO NOTHING
"""


async def load_state(connection: PoolConnectionProxy, needed: NeededState) -> NotifierState:
    """Return the needed part of the state. What is not in the tables is left out."""
    announcements = await connection.fetch(SELECT_ANNOUNCEMENTS, list(needed.announcements))
    if needed.authors:
        announcements += await connection.fetch(
            SELECT_ANNOUNCEMENTS_OF, list(needed.authors), list(needed.announcements)
        )
    erasures = await connection.fetch(SELECT_ERASURE_REQUESTS, list(needed.erasures))
    bookings = await connection.fetch(
        SELECT_BOOKINGS, list(needed.with_guests), list(needed.bookings)
    )
    told = await connection.fetch(SELECT_TOLD_OF_CHATS, list(needed.chats)) if needed.chats else []
    return NotifierState(
        (announcement_from(row["state"]) for row in announcements),
        (
            KnownBooking(
                row["booking_id"],
                row["announcement_id"],
                row["guest_id"],
                (row["author_status"], row["guest_status"]),
                row["seated"],
                row["waiting"],
            )
            for row in bookings
        ),
        {row["person_id"]: row["erase_at"] for row in erasures},
        ((row["announcement_id"], row["person_id"]) for row in told),
    )


async def load_open_changes(
    connection: PoolConnectionProxy, announcements: Collection[AnnouncementId]
) -> list[PlannedNotice]:
    """Return the notices of changes that no dispatcher has begun to send, locked until the
    transaction ends."""
    found = await connection.fetch(SELECT_OPEN_CHANGES, list(announcements))
    return [PlannedNotice(**dict(row)) for row in found]


async def load_gaps(connection: PoolConnectionProxy, seqs: Collection[int]) -> Gaps:
    """Return the announcements of which an event is parked, and the events of the Commits at these
    positions that operators have dropped."""
    rows = await connection.fetch(SELECT_GAPS, list(seqs))
    return Gaps(
        stopped={row["key"] for row in rows if row["seq"] is None},
        dropped={
            EventPlace(row["seq"], row["event_index"]) for row in rows if row["seq"] is not None
        },
    )


async def save_state(connection: PoolConnectionProxy, state: NotifierState) -> None:
    """Save what has changed in the state."""
    people = state.changed_people.values()
    await _write(
        connection,
        UPSERT_PEOPLE,
        [
            (one.person_id, make_storable(one.name), one.language, one.tz, one.erased)
            for one in people
        ],
    )
    await _write(
        connection,
        UPSERT_ANNOUNCEMENTS,
        [(key, state.announcements[key]) for key in state.changed_announcements],
    )
    await _write(
        connection,
        UPSERT_BOOKINGS,
        [
            (one.booking_id, one.announcement_id, one.guest_id, *one.pair, one.seated, one.waiting)
            for one in state.changed_bookings.values()
        ],
    )
    await _save_standing_wishes(connection, state)
    await _save_plans(connection, state)
    told = state.changed_told_of_chats
    await _write_changes(connection, INSERT_TOLD_OF_CHATS, DELETE_TOLD_OF_CHATS, told)
    asked = state.changed_erasures.items()
    await _write(connection, UPSERT_ERASURE_REQUESTS, [(who, at) for who, at in asked if at])
    await _write(connection, DELETE_ERASURE_REQUESTS, [(who,) for who, at in asked if at is None])


async def _save_plans(connection: PoolConnectionProxy, state: NotifierState) -> None:
    """Save what people would like to see, and when they are free."""
    erased = [(person,) for person in state.erased_people]
    for delete in DELETE_PLANS_OF:
        await _write(connection, delete, erased)
    plans = state.changed_plans
    given_up = [key for key, plan in plans.items() if plan is None]
    planned = [
        (*key, _encode(plan.times), _encode(plan.places))
        for key, plan in plans.items()
        if plan is not None
    ]
    free = [(who, one.tz, _encode(one.times)) for who, one in state.changed_free_times.items()]
    await _write(connection, DELETE_PLANS, given_up)
    await _write(connection, UPSERT_PLANS, planned)
    await _write(connection, UPSERT_FREE_TIMES, free)


def _encode(texts: tuple[str, ...]) -> str:
    return make_storable(msgspec.json.encode(texts).decode())


async def _save_standing_wishes(connection: PoolConnectionProxy, state: NotifierState) -> None:
    """Save who mutes or blocks whom, and who is shut out."""
    erased = [(person,) for person in state.erased_people]
    await _write(connection, DELETE_MUTES_BY, erased)
    await _write(connection, DELETE_BLOCKS_BY, erased)
    await _write_changes(connection, INSERT_BLOCKS, DELETE_BLOCKS, state.changed_blocks)
    await _write_changes(connection, INSERT_MUTES, DELETE_MUTES, state.changed_mutes)
    suspended = {(person,): is_out for person, is_out in state.changed_suspensions.items()}
    await _write_changes(connection, INSERT_SUSPENSIONS, DELETE_SUSPENSIONS, suspended)


async def save_parked(connection: PoolConnectionProxy, parked: Iterable[ParkedEvent]) -> None:
    await _write(connection, INSERT_PARKED, list(parked))


def announcement_from(stored: Any) -> KnownAnnouncement:
    """Return an announcement made of the stored JSON. Raises msgspec.ValidationError."""
    return msgspec.convert(stored, KnownAnnouncement)


async def _write_changes(
    connection: PoolConnectionProxy,
    insert: str,
    delete: str,
    stands: Mapping[tuple[Any, ...], bool],
) -> None:
    """Insert the rows that stand from now on, and delete the others."""
    await _write(connection, insert, [row for row, there in stands.items() if there])
    await _write(connection, delete, [row for row, there in stands.items() if not there])


async def _write(
    connection: PoolConnectionProxy, sql: str, rows: Collection[tuple[Any, ...]]
) -> None:
    if rows:
        await connection.execute(sql, *to_arrays(rows))
