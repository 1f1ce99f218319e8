"""Table `ratings`: one row for each event of a rating, called a version of the rating.

A version states only what its event states. If the event states no score, `score` is absent; if
it states no tags, `tags` is empty. The newest stated value counts (view `current_ratings`). Tags
are stored as the text of a JSON array: `[]` if the event states that there are none.
"""

from typing import Any, Final

import msgspec

from projector.history.events import RecordedEvent
from projector.history.rows import Rows
from projector.history.values import get_integer, get_text

PREFIX: Final = "rating."
REVEALED: Final = "rating.revealed"
RETRACTED: Final = "rating.retracted"
STATES_TAGS: Final = ("rating.given", "rating.changed")
"""Types of events that state tags."""

RATING_COLUMNS: Final = (
    "review_id",
    "version",
    "event_index",
    "at_ms",
    "day",
    "type",
    "announcement_id",
    "rater_id",
    "ratee_id",
    "role",
    "score",
    "revealed",
    "retracted",
    "tags",
)


def add_rating(rows: Rows, event: RecordedEvent) -> None:
    """Add the event's row if the event is about a rating."""
    if not event.type.startswith(PREFIX):
        return
    fields = event.fields
    rows.add(
        (
            get_text(fields, "review_id"),
            event.seq,
            event.event_index,
            event.at_ms,
            event.day,
            event.type,
            get_text(fields, "announcement_id"),
            get_text(fields, "rater_id"),
            get_text(fields, "ratee_id"),
            get_text(fields, "role"),
            get_integer(fields, "score"),
            int(event.type == REVEALED),
            int(event.type == RETRACTED),
            _encode_tags(event) if event.type in STATES_TAGS else "",
        )
    )


def _encode_tags(event: RecordedEvent) -> str:
    tags: Any = event.fields.get("tags")
    given = [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []
    return msgspec.json.encode(given).decode()
