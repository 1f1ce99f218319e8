"""Decides from an event which posts are to stand at which targets. Pure.

A post stands while its announcement is public and takes place. Once the evening is over it stays
as it is.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from contracts.events.announcement import AnnouncementDone
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.targets import TargetName
from notifier.policies.effects import Occasion
from notifier.state import KnownAnnouncement

SAID_FIELDS: Final = ("title", "event_time", "tz", "location_hint")
"""The fields that a post states and that may change."""


class PlannedPublication(NamedTuple):
    """The targets at which the post of an announcement is to stand from now on."""

    announcement_id: AnnouncementId
    author_id: PersonId
    targets: tuple[TargetName, ...]
    revision: int
    """Position of the event that says so."""
    changed_at: datetime
    traceparent: str = ""
    """The trace context of the request that caused the event; empty if none did."""


def plan_publication(
    before: KnownAnnouncement | None, after: KnownAnnouncement, occasion: Occasion
) -> PlannedPublication | None:
    """Return what is to stand after the event; None if it changes nothing about that."""
    if isinstance(occasion.event, AnnouncementDone) or _wish(before) == _wish(after):
        return None
    targets, _ = _wish(after)
    return PlannedPublication(
        after.announcement_id,
        after.author_id,
        targets,
        occasion.seq,
        occasion.at,
        occasion.traceparent,
    )


def _wish(one: KnownAnnouncement | None) -> tuple[tuple[TargetName, ...], tuple[Any, ...]]:
    """Return the targets and what is said there; nothing is said without targets."""
    if one is None or not one.takes_place or one.visibility != "public" or not one.publish_to:
        return (), ()
    return one.publish_to, tuple(getattr(one, name) for name in SAID_FIELDS)
