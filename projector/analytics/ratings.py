"""Table `ratings`: each event of a review is a version of it.

A version states only what its event states; `score` is absent where the event does not
touch it. What holds now is the newest stated value (view `current_ratings`). An event that
names several reviews (`review_ids`, an unsealing) is a version of each.
"""

from typing import Final

from projector.analytics.events import Recorded
from projector.analytics.rows import Rows
from projector.analytics.values import integer, text

PREFIX: Final = "rating."
REVEALED: Final = "rating.revealed"
RETRACTED: Final = "rating.retracted"


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
    )


def add_rating(rows: Rows, event: Recorded) -> None:
    """Adds nothing for an event that is not about ratings."""
    if not event.type.startswith(PREFIX):
        return
    fields = event.fields
    for review_id in _reviews(event):
        rows.add(
            review_id,
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
        )


def _reviews(event: Recorded) -> list[str]:
    if one := text(event.fields, "review_id"):
        return [one]
    many = event.fields.get("review_ids")
    return [one for one in many if isinstance(one, str)] if isinstance(many, list) else []
