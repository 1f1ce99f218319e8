"""The one table from event to policy. All are pure, and see the world before the event."""

from collections.abc import Iterator

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import BookingEvent
from contracts.events.rating import RatingGiven, RatingRevealed
from notifier.effects import Effect, Occasion
from notifier.policies.announcements import cancelled, done, edited, published
from notifier.policies.bookings import booking_changed
from notifier.policies.ratings import given, revealed
from notifier.world import World


def effects_of(occasion: Occasion, world: World) -> Iterator[Effect]:
    """What the event asks for; nothing for most. Raises KeyError for an unknown evening."""
    match occasion.event:
        case AnnouncementPublished() as event:
            return published(event, occasion, world)
        case AnnouncementChanged() as event:
            return edited(event, occasion, world)
        case AnnouncementCancelled() as event:
            return cancelled(event, occasion, world)
        case AnnouncementDone() as event:
            return done(event, occasion, world)
        case BookingEvent() as event:
            return booking_changed(event, occasion, world)
        case RatingGiven() as event:
            return given(event, world)
        case RatingRevealed() as event:
            return revealed(event, occasion, world)
        case _:
            return iter(())
