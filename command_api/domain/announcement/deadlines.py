"""When the system has to act on an announcement."""

from datetime import datetime

from command_api.domain.announcement.state import Announcement


def next_deadline(announcement: Announcement) -> datetime | None:
    """When the system has to act on the announcement; None once it is over."""
    match announcement.status:
        case "Created" | "Alive":
            return announcement.event_time
        case "Closed":
            return announcement.ends_at
        case "Done" | "Cancelled":
            return None
