"""Votes in the history: what was said of a person and has been revealed.

The table has a row for each event of a review, in the order of who is rated. Copies of a row
change nothing here: everything is a minimum, a maximum, or the newest of its group.
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
        max(announcement_id) AS evening_id,
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
SELECT_ABOUT: Final = _SELECT.format(narrowed="ratee_id = %(ratee)s")
SELECT_ABOUT_HOST_AT: Final = _SELECT.format(
    narrowed="ratee_id = %(ratee)s AND announcement_id = %(evening)s AND role = 'host'"
)
SELECT_ABOUT_GUESTS_OF: Final = _SELECT.format(
    narrowed="""role = 'guest' AND ratee_id IN (
        SELECT person_id FROM events
        WHERE announcement_id = %(evening)s AND type LIKE 'booking.%' AND seq <= %(until)s)"""
)


class Said(NamedTuple):
    """A revealed review, which may have been taken back since."""

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


async def said_of(history: HistoryReads, person_id: PersonId, until: int) -> list[Said]:
    """Everything revealed of a person in both roles up to a position, newest first. Raises
    Unavailable."""
    return _read(await history.rows(SELECT_ABOUT, {"ratee": person_id, "until": until}))


async def said_of_host_at(
    history: HistoryReads, host_id: PersonId, announcement_id: AnnouncementId, until: int
) -> list[Said]:
    """What the guests of one evening said of its host. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {"ratee": host_id, "evening": announcement_id, "until": until}
    return _read(await history.rows(SELECT_ABOUT_HOST_AT, wanted))


async def said_of_guests_of(history: HistoryReads, announcement_id: str, until: int) -> list[Said]:
    """What hosts said of everybody who had a booking there by then. Raises Unavailable."""
    wanted: dict[str, SqlParameter] = {"evening": announcement_id, "until": until}
    return _read(await history.rows(SELECT_ABOUT_GUESTS_OF, wanted))


def of_role(said: Iterable[Said], role: Role) -> list[Said]:
    return [one for one in said if role in ("overall", one.role)]


def counted(said: Iterable[Said]) -> list[Said]:
    """The votes: what was not taken back."""
    return [one for one in said if one.retracted_at is None]


def _read(rows: Iterable[dict[str, Any]]) -> list[Said]:
    return [
        Said(
            review_id=row["review_id"],
            announcement_id=row["evening_id"],
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
