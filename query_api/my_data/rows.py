"""What is held about a person in PostgreSQL, as the person may read it today.

Every statement takes the person as $1 and selects only rows that are theirs, or that a page
shows them anyway. Rows are read with a cursor, so their number does not matter.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec

from query_api.announcements.visibility import VISIBLE_TO_GUEST
from query_api.edge.reads import TableSnapshot
from query_api.history.fact_rights import DECISION_FACTS, FactRight, select_allowed

Row = Mapping[str, Any]
"""One row of an archive: values by name."""


class OwnTable(NamedTuple):
    """One part of an archive that is rows of PostgreSQL."""

    name: str
    sql: str
    represent: Callable[[asyncpg.Record], Row] = dict


async def read_rows(table: OwnTable, snapshot: TableSnapshot, person_id: str) -> AsyncIterator[Row]:
    """Yield the person's rows."""
    async for record in snapshot.connection.cursor(table.sql, person_id, prefetch=500):
        yield table.represent(record)


def _represent_rating(record: asyncpg.Record) -> Row:
    return dict(record) | {"tags": msgspec.json.decode(record["tags"])}


def _represent_wishes(record: asyncpg.Record) -> Row:
    lists = {
        name: msgspec.json.decode(record[name]) for name in ("times", "places") if name in record
    }
    return dict(record) | lists


_GIVER: Final[tuple[FactRight, ...]] = ("giver",)


def _represent_decision(record: asyncpg.Record) -> Row:
    return dict(record) | {"facts": select_allowed(record["facts"], DECISION_FACTS, _GIVER)}


_RATING: Final = """
    r.review_id, r.announcement_id, r.role, r.score, r.text, r.tags,
    r.revealed_at, r.retracted, r.sealed_until, r.created, r.modified,
    r.signed, r.reply, r.replied_at
"""

OWN_TABLES: Final = (
    OwnTable(
        "profile",
        """
        SELECT p.person_id, p.name, p.language, p.tz,
               s.host_rating, s.host_rating_count, s.guest_rating, s.guest_rating_count
        FROM people p LEFT JOIN scores s USING (person_id)
        WHERE p.person_id = $1
        """,
    ),
    OwnTable(
        "erasure",
        "SELECT erase_at, confirmed, changed FROM erasures WHERE person_id = $1",
    ),
    OwnTable(
        "suspension",
        "SELECT suspended, reason, since FROM suspensions WHERE person_id = $1",
    ),
    OwnTable(
        "announcements",
        """
        SELECT announcement_id, status, title, description, movie_id, movie_title, movie_title_ru,
               duration_min, event_time, ends_at, tz, event_location, hide_location,
               hide_guests,
               location_hint, visibility, is_free, price_amount, price_currency, ticket_count,
               taken, closed_reason, cancel_reason, publish_to, version, created, modified
        FROM announcements WHERE author_id = $1 ORDER BY created, announcement_id
        """,
    ),
    OwnTable(
        "bookings_as_guest",
        f"""
        SELECT b.booking_id, b.announcement_id, a.title AS announcement_title, a.event_time,
               b.author_id, author.name AS author_name, b.state, b.author_status, b.guest_status,
               b.waiting, b.preapproved, b.hold_until, b.reason, b.reason_by, b.message,
               b.created, b.modified
        FROM bookings b JOIN announcements a USING (announcement_id)
        LEFT JOIN people author ON author.person_id = b.author_id
        WHERE {VISIBLE_TO_GUEST.format("$1")} ORDER BY b.created, b.booking_id
        """,
    ),
    OwnTable(
        "bookings_as_author",
        """
        SELECT b.booking_id, b.announcement_id, a.title AS announcement_title, a.event_time,
               b.guest_id, guest.name AS guest_name, b.state, b.author_status, b.guest_status,
               b.waiting, b.preapproved, b.hold_until, b.reason, b.reason_by, b.message,
               b.created, b.modified
        FROM bookings b JOIN announcements a USING (announcement_id)
        LEFT JOIN people guest ON guest.person_id = b.guest_id
        WHERE b.author_id = $1 ORDER BY b.created, b.booking_id
        """,
    ),
    OwnTable(
        "invite_links",
        """
        SELECT l.link_id, l.announcement_id, a.title AS announcement_title, l.uses_max, l.used,
               l.expires_at, l.waives_approval, l.created, l.revoked_at
        FROM invite_links l JOIN announcements a USING (announcement_id)
        WHERE a.author_id = $1 ORDER BY l.created, l.link_id
        """,
    ),
    OwnTable(
        "broadcasts",
        """
        SELECT b.broadcast_id, b.announcement_id, a.title AS announcement_title, b.text,
               b.audience, b.at AS send_at, b.before_start_min, b.state, b.reaches, b.sent_at,
               b.created, b.modified
        FROM broadcasts b JOIN announcements a USING (announcement_id)
        WHERE b.author_id = $1 ORDER BY b.created, b.broadcast_id
        """,
    ),
    OwnTable(
        "invite_jobs",
        """
        SELECT j.job_id, j.announcement_id, a.title AS announcement_title, j.state, j.invited,
               j.already_invited, j.refused AS refused_guests, j.left_over, j.created, j.modified
        FROM invite_jobs j JOIN announcements a USING (announcement_id)
        WHERE a.author_id = $1 ORDER BY j.created, j.job_id
        """,
    ),
    OwnTable(
        "ratings_given",
        f"""
        SELECT {_RATING}, r.ratee_id, ratee.name AS ratee_name
        FROM ratings r
        LEFT JOIN people ratee ON ratee.person_id = r.ratee_id
        WHERE r.rater_id = $1 ORDER BY r.created, r.review_id
        """,
        _represent_rating,
    ),
    OwnTable(
        "ratings_received",
        f"""
        SELECT {_RATING}, r.rater_id, rater.name AS rater_name
        FROM ratings r
        LEFT JOIN people rater ON rater.person_id = r.rater_id
        WHERE r.ratee_id = $1 AND r.revealed_at IS NOT NULL AND NOT r.retracted
        ORDER BY r.created, r.review_id
        """,
        _represent_rating,
    ),
    OwnTable(
        "posts",
        """
        SELECT post_id, announcement_id, position, text, deleted, created, modified
        FROM posts WHERE writer_id = $1 ORDER BY position
        """,
    ),
    OwnTable(
        "read_marks",
        """
        SELECT announcement_id, position, read_at
        FROM read_marks WHERE reader_id = $1 ORDER BY announcement_id
        """,
    ),
    OwnTable(
        "mutes",
        """
        SELECT m.host_id AS muted_id, host.name AS muted_name, m.muted, m.since
        FROM mutes m LEFT JOIN people host ON host.person_id = m.host_id
        WHERE m.person_id = $1 ORDER BY m.since, m.host_id
        """,
    ),
    OwnTable(
        "blocks",
        """
        SELECT b.blocked_id, other.name AS blocked_name, b.blocked, b.since
        FROM blocks b
        LEFT JOIN people other ON other.person_id = b.blocked_id
        WHERE b.person_id = $1 ORDER BY b.since, b.blocked_id
        """,
    ),
    OwnTable(
        "plans",
        """
        SELECT movie_id, movie_title, movie_title_ru, times, places, planned, modified
        FROM plans WHERE person_id = $1 ORDER BY modified, movie_id
        """,
        _represent_wishes,
    ),
    OwnTable(
        "free_times",
        "SELECT tz, times, modified FROM free_times WHERE person_id = $1",
        _represent_wishes,
    ),
    OwnTable(
        "feeds",
        """
        SELECT feed_id, name, created, revoked_seq IS NOT NULL AS revoked
        FROM feeds WHERE person_id = $1 ORDER BY created, feed_id
        """,
    ),
    OwnTable(
        "reports",
        """
        SELECT report_id, kind, subject_id, reason, created, answer, answered_at, hidden_at
        FROM reports WHERE reporter_id = $1 ORDER BY created, report_id
        """,
    ),
    OwnTable(
        "hidden_texts",
        """
        SELECT subject_id, kind, announcement_id, reason, hidden_at
        FROM hidden_texts WHERE writer_id = $1 ORDER BY hidden_at, subject_id
        """,
    ),
    OwnTable(
        "preferences",
        "SELECT wishes FROM notifier.own_preferences WHERE person_id = $1",
        lambda record: dict(record["wishes"]),
    ),
    OwnTable(
        "notices",
        """
        SELECT id AS notice_id, kind, announcement_id, booking_id, receipt, happened_at, due_at,
               state, reason, attempts, sent_at
        FROM notifier.own_notices WHERE person_id = $1 ORDER BY id
        """,
    ),
    OwnTable(
        "commands",
        """
        SELECT seq AS position, decided_at, kind AS command, code, refused, announcement_id,
               booking_id, facts
        FROM decisions WHERE actor = $1::text ORDER BY seq
        """,
        _represent_decision,
    ),
)
"""The parts of an archive in PostgreSQL, in order."""
