"""Looks up which texts operators hid, so that the history tells them to nobody either."""

from collections.abc import Iterable, Mapping
from typing import Final

from contracts.events.announcement import AnnouncementChanged, AnnouncementCreated
from contracts.events.rating import RatingChanged, RatingGiven
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import hide_words
from query_api.edge.reads import TableSnapshot

SELECT_HIDDEN: Final = """
    SELECT subject_id::text, hidden_seq FROM hidden_texts
    WHERE kind <> 'post' AND announcement_id = ANY($1::uuid[])
"""

Hidden = Mapping[str, int]
"""By announcement or rating, up to which position nobody is told its texts."""


async def fetch_hidden(snapshot: TableSnapshot, announcement_ids: Iterable[str]) -> Hidden:
    """Return what is hidden of these announcements and of their ratings, as of now."""
    rows = await snapshot.fetch_rows(SELECT_HIDDEN, list(announcement_ids))
    return {row["subject_id"]: row["hidden_seq"] for row in rows}


def without_hidden(event: DomainEvent, position: int, hidden: Hidden) -> DomainEvent:
    """Return the event without a text that was hidden after it. The reason of a cancellation and
    the reply to a review are not hidden with the texts: everybody else is still told them."""
    until = 0
    match event:
        case RatingGiven() | RatingChanged():
            until = hidden.get(event.review_id, 0)
        case AnnouncementCreated() | AnnouncementChanged():
            until = hidden.get(event.announcement_id, 0)
        case _:
            pass
    return hide_words(event) if position < until else event
