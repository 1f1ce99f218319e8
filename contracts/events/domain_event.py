"""Domain events, exactly as stored inside a Commit: all families together.

A module for each noun states its events. Every field is storage format. Adding an optional
field is safe. Renaming, retyping or removing one is not: give the event a `.v2` name and an
upcaster instead (`contracts.events.codec`). Names are written by hand, so that renaming a
class cannot orphan history. Instants are UTC with millisecond precision; the time of an
event is the `decided_at` of its Commit.
"""

from contracts.events.announcement import AnyAnnouncementEvent
from contracts.events.booking import AnyBookingEvent
from contracts.events.person import AnyPersonEvent
from contracts.events.rating import AnyRatingEvent

DomainEvent = AnyPersonEvent | AnyAnnouncementEvent | AnyBookingEvent | AnyRatingEvent
"""All that can be recorded. Each family has a base class. Code that tells events apart names
the families and does nothing for any other: a new family is shown to nobody until somebody
decides so."""
