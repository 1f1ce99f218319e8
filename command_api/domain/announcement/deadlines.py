"""Tells when the system has to act on an announcement: at its start, and at its end."""

from collections.abc import Iterator
from datetime import datetime

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.announcement.state import Announcement
from command_api.domain.deadline import Deadline, NoDeadline, deadline_of
from command_api.domain.layer import Layer


def list_announcement_deadlines(changed: Layer) -> Iterator[Deadline | NoDeadline]:
    """Yield the deadline of each announcement in `changed`."""
    for announcement in changed.announcements.own.values():
        command = AnnouncementDue(announcement_id=announcement.id)
        yield deadline_of(announcement.id, next_deadline(announcement), command)


def next_deadline(announcement: Announcement) -> datetime | None:
    """Return when the system has to act on the announcement; None once it is over."""
    match announcement.status:
        case "Created" | "Alive":
            return announcement.event_time
        case "Closed":
            return announcement.ends_at
        case "Done" | "Cancelled":
            return None
