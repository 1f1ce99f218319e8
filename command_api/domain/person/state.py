"""The state of a person."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.zones import HOME_ZONE


class Invitations(Struct, frozen=True, gc=False):
    """How many invitations a person sent and received on one day."""

    day: int = 0
    """The day of UTC as an ordinal (`date.toordinal`)."""
    sent: int = 0
    received_from: tuple[PersonId, ...] = ()
    """The author of each invitation received. The rules keep it short."""


NO_INVITATIONS: Final = Invitations()


class Suspension(Struct, frozen=True, kw_only=True, gc=False):
    """Why, since when and by whom a person is shut out."""

    reason: str
    by: str | None
    since: datetime


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """A person's name and engagements.

    An engagement has no time here: only the announcement has it, so a move changes nothing
    in people.
    """

    id: PersonId
    name: str = ""
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE
    announcements: tuple[AnnouncementId, ...] = ()
    """Those they made, drafts included, that are not over."""
    attending: tuple[BookingId, ...] = ()
    """Their confirmed bookings of announcements that are not over."""
    pending: tuple[BookingId, ...] = ()
    """Their bookings that one side has yet to answer, of announcements that are not over."""
    invitations: Invitations = NO_INVITATIONS
    """The counts of the last day on which the person sent or received an invitation."""
    muted: tuple[PersonId, ...] = ()
    """Authors of whom the person wants to hear no more."""
    suspension: Suspension | None = None

    def may_be_invited_by(self, author_id: PersonId) -> bool:
        return self.suspension is None and author_id not in self.muted

    def invitations_on(self, at: datetime) -> Invitations:
        """Return the counts of the day of `at`."""
        day = at.toordinal()
        return self.invitations if self.invitations.day == day else Invitations(day)
