"""Fetches revealed ratings from the history.

The table has a row for each event of a rating, and a row may be there twice. That changes
nothing here: every value is the minimum, the maximum or the newest of a rating's rows.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

import msgspec

from contracts.events.rating import RatingRole
from contracts.scoring import Vote
from contracts.values.ids import AnnouncementId, PersonId, ReviewId
from contracts.values.times import from_ms
from query_api.edge.history_reads import HistoryReads
from runtime.clickhouse.port import SqlParameter

Role = Literal["host", "guest", "overall"]

_SELECT: Final = """
    SELECT
        review_id,
        max(announcement_id) AS of_announcement,
        max(ratee_id) AS ratee,
        max(rater_id) AS rater,
        max(role) AS ratee_role,
        argMax(score, version) AS last_score,
        argMaxIf(tags, version, tags != '') AS last_tags,
        min(at_ms) AS given_at_ms,
        maxIf(at_ms, revealed = 1) AS revealed_at_ms,
        max(retracted) AS is_retracted,
        maxIf(at_ms, retracted = 1) AS retracted_at_ms
    FROM ratings
    WHERE {narrowed} AND version <= %(until)s
    GROUP BY review_id
    HAVING max(revealed) = 1 AND isNotNull(last_score)
    ORDER BY given_at_ms DESC, review_id
"""
SELECT_OF_PERSON: Final = _SELECT.format(narrowed="ratee_id = %(ratee)s")
SELECT_OF_AUTHOR_AT: Final = _SELECT.format(
    narrowed="ratee_id = %(ratee)s AND announcement_id = %(announcement_id)s AND role = 'host'"
)
SELECT_OF_GUESTS_OF: Final = _SELECT.format(
    narrowed="""role = 'guest' AND ratee_id IN (
        SELECT person_id FROM events
        WHERE announcement_id = %(announcement_id)s
          AND type LIKE 'booking.%' AND seq <= %(until)s)"""
)


class PastRating(NamedTuple):
    """A rating that was revealed, and may have been retracted since."""

    review_id: ReviewId
    announcement_id: AnnouncementId
    rater_id: PersonId
    ratee_id: PersonId
    role: RatingRole
    score: int
    tags: frozenset[str]
    given_at: datetime
    revealed_at: datetime
    retracted_at: datetime | None

    @property
    def vote(self) -> Vote:
        return Vote(self.score, self.given_at)


async def fetch_ratings(history: HistoryReads, person_id: PersonId, until: int) -> list[PastRating]:
    """Return the ratings of a person in both roles, up to position `until`, newest first.
    Raises Unavailable."""
    rows = await history.fetch_rows(SELECT_OF_PERSON, {"ratee": person_id, "until": until})
    return _read(rows)


async def fetch_author_ratings_at(
    history: HistoryReads, author_id: PersonId, announcement_id: AnnouncementId, until: int
) -> list[PastRating]:
    """Return how the guests of one announcement rated its author, up to position `until`, newest
    first. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {
        "ratee": author_id,
        "announcement_id": announcement_id,
        "until": until,
    }
    return _read(await history.fetch_rows(SELECT_OF_AUTHOR_AT, wanted))


async def fetch_ratings_of_guests(
    history: HistoryReads, announcement_id: str, until: int
) -> list[PastRating]:
    """Return the ratings as guest, for whichever announcement, of everybody who had a booking
    for this one by position `until`, newest first. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {"announcement_id": announcement_id, "until": until}
    return _read(await history.fetch_rows(SELECT_OF_GUESTS_OF, wanted))


def select_role(ratings: Iterable[PastRating], role: Role) -> list[PastRating]:
    """Return the ratings of the person in this role; all of them for `overall`."""
    return [one for one in ratings if role in ("overall", one.role)]


def drop_retracted(ratings: Iterable[PastRating]) -> list[PastRating]:
    """Return the ratings that count as votes."""
    return [one for one in ratings if one.retracted_at is None]


def _read(rows: Iterable[dict[str, Any]]) -> list[PastRating]:
    return [
        PastRating(
            review_id=row["review_id"],
            announcement_id=row["of_announcement"],
            rater_id=row["rater"],
            ratee_id=row["ratee"],
            role=row["ratee_role"],
            score=int(row["last_score"]),
            tags=frozenset(msgspec.json.decode(row["last_tags"] or "[]")),
            given_at=from_ms(row["given_at_ms"]),
            revealed_at=from_ms(row["revealed_at_ms"]),
            retracted_at=from_ms(row["retracted_at_ms"]) if row["is_retracted"] else None,
        )
        for row in rows
    ]
