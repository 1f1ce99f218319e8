"""States when the system has to act on an announcement: at its start, and at its end."""

from datetime import datetime
from typing import Final

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.announcement.state import Announcement
from command_api.domain.deadline import DeadlineRule


def next_deadline(announcement: Announcement) -> datetime | None:
    """Return when the system has to act on the announcement; None once it is over."""
    match announcement.status:
        case "Created" | "Alive":
            return announcement.event_time
        case "Closed":
            return announcement.ends_at
        case "Done" | "Cancelled":
            return None


def make_command(announcement: Announcement) -> AnnouncementDue:
    return AnnouncementDue(announcement_id=announcement.id)


ANNOUNCEMENT_DEADLINES: Final = DeadlineRule("announcements", next_deadline, make_command)
