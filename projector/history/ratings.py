"""Table `ratings`: each event of a review is a version of it.

A version states only what its event states: `score` is absent, and `tags` empty, where the
event does not touch them. What holds now is the newest stated value (view
`current_ratings`). Tags are the text of a JSON array, `[]` where none are given.
"""

from typing import Any, Final

import msgspec

from projector.history.events import Recorded
from projector.history.rows import Rows
from projector.history.values import integer, text

PREFIX: Final = "rating."
REVEALED: Final = "rating.revealed"
RETRACTED: Final = "rating.retracted"
STATES_TAGS: Final = ("rating.given", "rating.changed")


def rating_rows() -> Rows:
    return Rows(
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


def add_rating(rows: Rows, event: Recorded) -> None:
    """Adds nothing for an event that is not about ratings."""
    if not event.type.startswith(PREFIX):
        return
    fields = event.fields
    rows.add(
        text(fields, "review_id"),
        event.seq,
        event.event_index,
        event.at_ms,
        event.day,
        event.type,
        text(fields, "announcement_id"),
        text(fields, "rater_id"),
        text(fields, "ratee_id"),
        text(fields, "role"),
        integer(fields, "score"),
        int(event.type == REVEALED),
        int(event.type == RETRACTED),
        _tags(event) if event.type in STATES_TAGS else "",
    )


def _tags(event: Recorded) -> str:
    tags: Any = event.fields.get("tags")
    given = [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []
    return msgspec.json.encode(given).decode()
