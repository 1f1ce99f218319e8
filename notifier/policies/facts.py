"""What every message about an evening says, and how an edit is told."""

from datetime import datetime
from typing import Any, Final

from notifier.effects import Facts
from notifier.world import Evening

TOLD_FIELDS: Final = (
    "title",
    "description",
    "event_time",
    "event_location",
    "is_free",
    "ticket_count",
    "visibility",
)
"""A change of one of these is told (A22)."""

SHOWN_CHARS_MAX: Final = 300
HIDDEN: Final[dict[str, Any]] = {"hidden": True}
"""In place of an address that is shown to confirmed guests only."""


def about(evening: Evening) -> Facts:
    return {
        "title": evening.title,
        "film": evening.movie_title,
        "film_ru": evening.movie_title_ru,
        "event_time": evening.event_time.isoformat(),
        "author_id": evening.author_id,
    }


def diff(before: Evening, after: Evening, *, may_see_address: bool) -> dict[str, dict[str, Any]]:
    """The told fields that differ, by name: `{"old", "new"}`, or HIDDEN."""
    found = {
        name: {"old": _shown(old), "new": _shown(new)}
        for name in TOLD_FIELDS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    }
    secret = before.hide_location or after.hide_location
    if "event_location" in found and secret and not may_see_address:
        found["event_location"] = HIDDEN
    return found


def merged_edits(earlier: Facts, later: Facts) -> Facts:
    """Two edits as one: from the first old value to the last new one. `diff` is empty where
    the second took the first back."""
    diffs: dict[str, dict[str, Any]] = dict(earlier["diff"])
    for name, change in later["diff"].items():
        first = diffs.pop(name, change)
        if HIDDEN in (first, change):
            diffs[name] = HIDDEN
        elif first["old"] != change["new"]:
            diffs[name] = {"old": first["old"], "new": change["new"]}
    return {**earlier, **later, "diff": diffs}


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) > SHOWN_CHARS_MAX:
        return value[: SHOWN_CHARS_MAX - 1] + "…"
    return value
