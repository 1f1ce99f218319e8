"""Events of invite links: made by the author of an announcement, used by guests, revoked.

Every field is storage format (`contracts.events.stored.base`). The token that opens a link is in no
event: it follows from `link_id` and a secret of the cell.
"""

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, BookingId, InviteLinkId, PersonId
from contracts.values.times import Instant


class InviteLinkEvent(Event, frozen=True, kw_only=True):
    """The family of an invite link's events."""

    link_id: InviteLinkId
    announcement_id: AnnouncementId


class InviteLinkMade(InviteLinkEvent, frozen=True, kw_only=True, tag="invite_link.made.v1"):
    """The author made a link. Whoever opens it asks for a seat, even if the announcement is not
    for them otherwise."""

    uses_max: int | None = None
    """How often it can be used; None if any number of times."""
    expires_at: Instant | None = None
    """When it can no longer be used; None if it can be until the announcement begins."""
    waives_approval: bool = False
    """Whether the author has said yes in advance to everybody who opens it."""


class InviteLinkUsed(InviteLinkEvent, frozen=True, kw_only=True, tag="invite_link.used.v1"):
    """A guest opened the link, and their booking changed by it. The events of the booking stand
    in the same Commit."""

    guest_id: PersonId
    booking_id: BookingId
    used: int
    """How often the link has been used, this time included."""


class InviteLinkRevoked(InviteLinkEvent, frozen=True, kw_only=True, tag="invite_link.revoked.v1"):
    """The author took the link back. Bookings that came of it stay."""


AnyInviteLinkEvent = InviteLinkMade | InviteLinkUsed | InviteLinkRevoked
