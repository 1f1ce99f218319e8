"""States what each event changes in an announcement, once for all readers of events.

These are the command API's state, the read models, the folded history and the notifier. Values
are absolute: a later one replaces an earlier one.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict

from contracts.events.announcement import (
    CHANGEABLE_FIELDS,
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
    AnyAnnouncementEvent,
)


def announcement_fields(event: AnyAnnouncementEvent) -> dict[str, Any]:
    """Return the fields that `event` sets, by name. AnnouncementCreated sets all of them."""
    match event:
        case AnnouncementCreated():
            fields = asdict(event)
            del fields["announcement_id"]
            return fields | {"status": "Created", "closed_reason": None, "cancel_reason": None}
        case AnnouncementPublished() | AnnouncementReopened():
            return {"status": "Alive", "closed_reason": None, "version": event.version}
        case AnnouncementClosed():
            return {"status": "Closed", "closed_reason": event.reason, "version": event.version}
        case AnnouncementCancelled():
            return {"status": "Cancelled", "cancel_reason": event.reason, "version": event.version}
        case AnnouncementDone():
            return {"status": "Done", "version": event.version}
        case AnnouncementChanged():
            return {**changed_fields(event), "version": event.version}


def announcement_columns(event: AnyAnnouncementEvent, at: datetime) -> dict[str, Any]:
    """Return the columns that `event`, decided at `at`, sets in a table of announcements.

    An event of a booking changes only `taken`, and does not count as a modification.
    """
    columns = announcement_fields(event) | {"modified": at}
    if "publish_to" in columns:  # A column holds a JSON array.
        columns["publish_to"] = list(columns["publish_to"])
    if isinstance(event, AnnouncementCreated):
        columns |= {"taken": 0, "created": at}
    return columns


def changed_fields(event: AnnouncementChanged) -> dict[str, Any]:
    """Return the fields that the author changed, by name."""
    return {
        name: value for name in CHANGEABLE_FIELDS if (value := getattr(event, name)) is not UNSET
    }
