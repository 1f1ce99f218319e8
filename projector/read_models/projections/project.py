"""From an event to rows: all read models together. Pure, and never refuses a fact."""

from typing import Final

from contracts.announcement_events import AnnouncementEvent
from contracts.booking_events import BookingEvent
from contracts.events import DomainEvent
from contracts.person_events import (
    PersonEvent,
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnmuted,
)
from contracts.rating_events import RatingEvent
from projector.read_models.projections.announcements import (
    ANNOUNCEMENTS,
    project_announcement,
    project_seats,
)
from projector.read_models.projections.bookings import BOOKINGS, project_booking
from projector.read_models.projections.decisions import DECISIONS
from projector.read_models.projections.mutes import MUTES, project_mute
from projector.read_models.projections.people import PEOPLE, project_person
from projector.read_models.projections.ratings import RATINGS, project_rating
from projector.read_models.projections.rows import Facts, Put, Table
from projector.read_models.projections.scores import SCORES
from projector.read_models.projections.suspensions import SUSPENSIONS, project_suspension

TABLES: Final[tuple[Table, ...]] = (
    PEOPLE,
    ANNOUNCEMENTS,
    BOOKINGS,
    RATINGS,
    SCORES,
    DECISIONS,
    MUTES,
    SUSPENSIONS,
)


def project(event: DomainEvent, facts: Facts) -> list[Put]:
    match event:
        case BookingEvent():
            return [project_booking(event, facts), project_seats(event)]
        case RatingEvent():
            return [project_rating(event, facts)]
        case PersonSeen():
            return [project_person(event)]
        case PersonMuted() | PersonUnmuted():
            return [project_mute(event, facts)]
        case PersonSuspended() | PersonReinstated():
            return [project_suspension(event, facts)]
        case AnnouncementEvent():
            return [project_announcement(event, facts)]
        case _:
            return []


def key_of(event: DomainEvent) -> str | None:
    """Whose rows an event changes: where one event cannot be projected, later ones of the
    same key must not be either. None if it changes none."""
    match event:
        case PersonEvent():
            return event.person_id
        case AnnouncementEvent() | BookingEvent() | RatingEvent():
            return event.announcement_id
        case _:
            return None
