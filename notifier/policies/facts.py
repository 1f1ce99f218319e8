"""Makes the facts of notices, from which texts are written; also those of a change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from contracts.recipients import TOLD_FIELDS
from contracts.values.ids import PersonId
from contracts.values.personal import ERASED_TEXT
from notifier.state import KnownAnnouncement, KnownBooking

NoticeFacts = dict[str, Any]
"""By name; stored as JSON, so instants are text."""

TYPED_FIELDS: Final = frozenset({"title", "description", "event_location", "location_hint"})
"""Those of TOLD_FIELDS that the author typed."""
PRICE_FIELDS: Final = ("is_free", "price_amount", "price_currency")
"""Those of TOLD_FIELDS that are a price only together."""
TYPED_FACTS: Final = ("reason", "message")
"""Facts that a person typed. `words_by` says who."""

SHOWN_CHARS_MAX: Final = 300
"""Longer texts are cut where a change is told."""
HIDDEN: Final[dict[str, Any]] = {"hidden": True}
"""Stands in a change for an address that only confirmed guests may see."""


def announcement_facts(announcement: KnownAnnouncement) -> NoticeFacts:
    """Return the facts that every notice about the announcement has."""
    return {
        "title": announcement.title,
        **describe_showing(announcement),
        "author_id": announcement.author_id,
    }


def state_fact(booking: KnownBooking | None) -> NoticeFacts:
    """Return the fact by which a guest is told why they get the notice; none for the author."""
    return {} if booking is None else {"state": booking.state}


def describe_showing(announcement: KnownAnnouncement) -> NoticeFacts:
    """Return what is shown, and when: nothing that its author typed. The zone is missing if the
    announcement states none."""
    stated = {} if announcement.tz is None else {"tz": announcement.tz}
    return {
        "film": announcement.film.en,
        "film_ru": announcement.film.ru,
        "event_time": announcement.event_time.isoformat(),
        **stated,
    }


def diff(
    before: KnownAnnouncement, after: KnownAnnouncement, *, may_see_address: bool
) -> dict[str, dict[str, Any]]:
    """Return by name those of TOLD_FIELDS that differ, as `{"old", "new"}` or HIDDEN."""
    found = {
        name: {"old": _shorten(old), "new": _shorten(new)}
        for name in TOLD_FIELDS
        if (old := getattr(before, name)) != (new := getattr(after, name))
    }
    secret = before.hide_location or after.hide_location
    if "event_location" in found and secret and not may_see_address:
        found["event_location"] = HIDDEN
    return found


def price_facts(
    announcement: KnownAnnouncement, changes: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Return the whole price if part of it is among the changes."""
    if not any(name in changes for name in PRICE_FIELDS):
        return {}
    return {"price": {name: getattr(announcement, name) for name in PRICE_FIELDS}}


def people_in(facts: NoticeFacts) -> set[PersonId]:
    """Return the ids of the people whom the facts name."""
    return {facts[who] for who in ("author_id", "guest_id") if who in facts}


def add_words(facts: NoticeFacts, actor: str) -> NoticeFacts:
    """Return the facts with the person who typed their reason or message."""
    return facts | {"words_by": actor} if any(map(facts.get, TYPED_FACTS)) else facts


def erase_facts(facts: NoticeFacts, person_id: PersonId) -> NoticeFacts:
    """Return the facts without the texts that the person typed, and with the person among those
    who are not named any more.

    Facts that an earlier version planned do not tell who typed a reason or message. They lose
    it, whichever of the two persons is erased.
    """
    if person_id not in people_in(facts):
        return facts
    kept = dict(facts)
    if facts.get("author_id") == person_id:
        if "title" in facts:
            kept["title"] = ERASED_TEXT
        if "diff" in facts:
            kept["diff"] = {
                name: one for name, one in facts["diff"].items() if name not in TYPED_FIELDS
            }
    if facts.get("words_by", person_id) == person_id:
        for name in TYPED_FACTS:
            kept.pop(name, None)
    return kept | {"erased": sorted({*facts.get("erased", ()), person_id})}


def hide_typed(facts: NoticeFacts, announcement: KnownAnnouncement) -> NoticeFacts:
    """Return the facts without what the author typed earlier, if an operator has hidden texts of
    the announcement since: only its present title, and no changes of typed fields."""
    if not announcement.hidden:
        return facts
    shown = dict(facts)
    if "title" in facts:
        shown["title"] = announcement.title
    if "diff" in facts:
        shown["diff"] = {
            name: one for name, one in facts["diff"].items() if name not in TYPED_FIELDS
        }
    return shown


def erased_people_in(facts: NoticeFacts) -> frozenset[PersonId]:
    """Return the people who are not named any more, though the facts have their ids."""
    return frozenset(facts.get("erased", ()))


def merge_changes(earlier: NoticeFacts, later: NoticeFacts) -> NoticeFacts:
    """Return the facts of two successive changes as those of one, from the first old value to
    the last new one. Its `diff` is empty if the second change took the first back."""
    diffs: dict[str, dict[str, Any]] = dict(earlier["diff"])
    for name, change in later["diff"].items():
        first = diffs.pop(name, change)
        if HIDDEN in (first, change):
            diffs[name] = HIDDEN
        elif first["old"] != change["new"]:
            diffs[name] = {"old": first["old"], "new": change["new"]}
    return {**earlier, **later, "diff": diffs}


def _shorten(value: Any) -> Any:
    """Return the value as it stands in a change: instants as text, long texts cut."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) > SHOWN_CHARS_MAX:
        return value[: SHOWN_CHARS_MAX - 1] + "…"
    return value
