"""Fills read-model tables as after years of use, in PostgreSQL itself.

Nine tenths of the announcements are over, two thirds of the people have a score, and every
confirmed guest has rated the author. Films, authors and guests are drawn evenly, except one
author of a thousandth of all announcements and one guest who attends as many.
"""

from hashlib import md5
from typing import Final
from uuid import UUID

import asyncpg

FILL_TIMEOUT_S: Final = 3600.0

MOVE: Final = """
    INSERT INTO read_model.reader_position (reader, "offset", term, seq, hash, nonce, open)
    VALUES ('projector', 1, 1, 1, '', '', true)
    ON CONFLICT (reader) DO UPDATE SET seq = reader_position.seq + 1
    RETURNING pg_notify('projected', reader_position.seq::text)
"""
"""Moves the projector's position and notifies, as the projector does with each batch."""

PEOPLE: Final = """
    INSERT INTO read_model.people
    SELECT md5('person' || n)::uuid, 'Person ' || n, 'ru', 'Europe/Moscow'
    FROM generate_series(0, $1::bigint / 10) n
"""

ANNOUNCEMENTS: Final = """
    INSERT INTO read_model.announcements (
        announcement_id, author_id, movie_id, movie_title, movie_title_ru, duration_min, title,
        description, status, visibility, is_free, ticket_count, taken, event_time,
        event_location, hide_location, version, created, modified, author_rank, published)
    SELECT
        md5('evening' || n)::uuid,
        md5('person' || CASE WHEN n % 1000 = 0 THEN 0 ELSE hash % ($1 / 10) END)::uuid,
        md5('movie' || hash % 200)::uuid, 'Film ' || hash % 200, 'Фильм ' || hash % 200,
        90 + hash % 60, 'Evening ' || n, 'Bring cake number ' || hash % 1000,
        CASE WHEN hash % 10 = 0 THEN 'Cancelled'
             WHEN n < $1 * 0.9 THEN 'Done'
             WHEN hash % 10 = 1 THEN 'Created'
             WHEN hash % 10 < 4 THEN 'Closed'
             ELSE 'Alive' END,
        CASE hash % 7 WHEN 0 THEN 'invite' WHEN 1 THEN 'subscribers' ELSE 'public' END,
        hash % 3 > 0, 10, hash % 11,
        now() + (n::float8 / $1 - 0.9) * interval '1000 days',
        'Street ' || hash % 5000 || ', house ' || n % 100, hash % 9 = 0, 1,
        now() + (n::float8 / $1 - 1) * interval '900 days', now(), coalesce(host_rank, 0),
        hash % 10 <> 1 OR n < $1 * 0.9
    FROM (
        SELECT n, abs(hashint8(n)::bigint) AS hash FROM generate_series(0, $1::bigint - 1) n
    ) numbered
    LEFT JOIN read_model.scores ON person_id =
        md5('person' || CASE WHEN n % 1000 = 0 THEN 0 ELSE hash % ($1 / 10) END)::uuid
"""

BOOKINGS: Final = """
    INSERT INTO read_model.bookings (
        booking_id, announcement_id, author_id, guest_id, author_status, guest_status, state,
        waiting, queued_seq, preapproved, created, modified, changed_seq)
    SELECT
        md5(announcement_id::text || which)::uuid, announcement_id, author_id,
        md5('person' || CASE WHEN which = 1 AND hash % 1000 = 0 THEN 1
                             ELSE (hash + which) % ($1 / 10) END)::uuid,
        CASE WHEN hash % 3 > 0 THEN true END, true,
        CASE hash % 3 WHEN 0 THEN 'waitlisted' ELSE 'confirmed' END,
        hash % 3 = 0, CASE hash % 3 WHEN 0 THEN hash END, false, created, modified, 1
    FROM (
        SELECT *, abs(hashtext(announcement_id::text)::bigint) AS hash
        FROM read_model.announcements
    ) evening, generate_series(1, 2) which
    ON CONFLICT DO NOTHING
"""

SCORES: Final = """
    INSERT INTO read_model.scores
    SELECT person_id, rating, rating, votes, rating, rating, votes, rating, rating, votes
    FROM (
        SELECT person_id, hash % 40 AS votes, 4 + hash % 601 / 100.0::float8 AS rating
        FROM (
            SELECT person_id, abs(hashtext(person_id::text)::bigint) AS hash
            FROM read_model.people
        ) hashed
        WHERE hash % 3 > 0
    ) rated
"""

RATINGS: Final = """
    INSERT INTO read_model.ratings
    SELECT md5(booking_id::text)::uuid, announcement_id, guest_id, author_id, 'host',
        1 + hash % 10, NULL, '[]', created, CASE WHEN hash % 5 > 0 THEN created END, hash % 50 = 0,
        created, created
    FROM (
        SELECT *, abs(hashtext(booking_id::text)::bigint) AS hash FROM read_model.bookings
        WHERE state = 'confirmed'
    ) attended
"""

DECISIONS: Final = """
    INSERT INTO read_model.decisions
    SELECT n, now(), md5('person' || n % 1000), 'booking.request', 'booking_requested', false,
        md5('evening' || n)::uuid, NULL, '{}'
    FROM generate_series(1, $1::bigint) n
"""


def id_of(thing: str) -> str:
    """Return the id of `person0` (the busy author), `person1` (the busy guest), `evening0` …"""
    return str(UUID(md5(thing.encode(), usedforsecurity=False).hexdigest()))


async def fill(pool: asyncpg.Pool, announcements: int) -> None:
    """Fill the migrated, empty tables. Takes some minutes per million announcements."""
    await pool.execute(PEOPLE, announcements, timeout=FILL_TIMEOUT_S)
    await pool.execute(SCORES, timeout=FILL_TIMEOUT_S)
    for statement in (ANNOUNCEMENTS, BOOKINGS, DECISIONS):
        await pool.execute(statement, announcements, timeout=FILL_TIMEOUT_S)
    await pool.execute(RATINGS, timeout=FILL_TIMEOUT_S)
    for table in ("people", "announcements", "bookings", "scores", "ratings", "decisions"):
        await pool.execute(f"VACUUM ANALYZE read_model.{table}", timeout=FILL_TIMEOUT_S)
