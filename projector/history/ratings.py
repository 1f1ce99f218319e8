"""Table `ratings`: one row, a version of the rating, for each event of it.

A version states only what its event states: `score` is absent, and `tags` empty, if the event
does not touch them. The newest stated value is the one that holds (view `current_ratings`).
Tags are the text of a JSON array, `[]` if none are given.
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
    """Add the event's row, if it is the event of a rating."""
    if not event.type.startswith(PREFIX):
        return
    fields = event.fields
    rows.add(
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


def _encode_tags(event: RecordedEvent) -> str:
    tags: Any = event.fields.get("tags")
    given = [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []
    return msgspec.json.encode(given).decode()
