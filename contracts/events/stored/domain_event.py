"""All events that can be recorded: the families of all nouns together."""

from contracts.events.announcement import AnyAnnouncementEvent
from contracts.events.booking import AnyBookingEvent
from contracts.events.broadcast import AnyBroadcastEvent
from contracts.events.feed import AnyFeedEvent
from contracts.events.invite_job import AnyInviteJobEvent
from contracts.events.invite_link import AnyInviteLinkEvent
from contracts.events.person import AnyPersonEvent
from contracts.events.plan import AnyPlanEvent
from contracts.events.post import AnyPostEvent
from contracts.events.rating import AnyRatingEvent
from contracts.events.report import AnyReportEvent

DomainEvent = (
    AnyPersonEvent
    | AnyAnnouncementEvent
    | AnyBookingEvent
    | AnyRatingEvent
    | AnyPostEvent
    | AnyPlanEvent
    | AnyFeedEvent
    | AnyInviteLinkEvent
    | AnyInviteJobEvent
    | AnyBroadcastEvent
    | AnyReportEvent
)
"""Each family has a base class. Code that tells events apart names the families and does
nothing for any other: a new family is shown to nobody until somebody decides so."""
