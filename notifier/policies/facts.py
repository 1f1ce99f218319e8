"""The facts of a notice: what its text is made of, and how a change of an announcement is told."""

from datetime import datetime
from typing import Any, Final

from contracts.values.ids import PersonId
from notifier.state import KnownAnnouncement

NoticeFacts = dict[str, Any]
"""JSON; instants are text."""

TOLD_FIELDS: Final = (
    "title",
    "description",
    "event_time",
    "event_location",
    "is_free",
    "ticket_count",
    "visibility",
)
"""Fields whose change is told (A22)."""

SHOWN_CHARS_MAX: Final = 300
HIDDEN: Final[dict[str, Any]] = {"hidden": True}
"""In place of an address that only confirmed guests are shown."""


def announcement_facts(announcement: KnownAnnouncement) -> NoticeFacts:
    """Return the facts that every notice about the announcement has."""
    return {
        "title": announcement.title,
        "film": announcement.movie_title,
        "film_ru": announcement.movie_title_ru,
        "event_time": announcement.event_time.isoformat(),
        "author_id": announcement.author_id,
    }


def diff(
    before: KnownAnnouncement, after: KnownAnnouncement, *, may_see_address: bool
) -> dict[str, dict[str, Any]]:
    """Return the told fields that differ, by name: `{"old", "new"}`, or HIDDEN."""
    found = {
        name: {"old": _shorten(old), "new": _shorten(new)}
        for name in TOLD_FIELDS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    }
    secret = before.hide_location or after.hide_location
    if "event_location" in found and secret and not may_see_address:
        found["event_location"] = HIDDEN
    return found


def people_in(facts: NoticeFacts) -> set[PersonId]:
    """Return the ids of the people whom the facts name."""
    return {facts[who] for who in ("author_id", "guest_id") if who in facts}


def merge_changes(earlier: NoticeFacts, later: NoticeFacts) -> NoticeFacts:
    """Join two changes into one, from the first old value to the last new one. `diff` is empty
    if the second change took the first back."""
    diffs: dict[str, dict[str, Any]] = dict(earlier["diff"])
    for name, change in later["diff"].items():
        first = diffs.pop(name, change)
        if HIDDEN in (first, change):
            diffs[name] = HIDDEN
        elif first["old"] != change["new"]:
            diffs[name] = {"old": first["old"], "new": change["new"]}
    return {**earlier, **later, "diff": diffs}


def _shorten(value: Any) -> Any:
    """Return the value as JSON, long texts cut."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) > SHOWN_CHARS_MAX:
        return value[: SHOWN_CHARS_MAX - 1] + "…"
    return value
