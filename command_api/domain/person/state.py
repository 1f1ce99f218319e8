"""The state of a person."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from contracts.values.languages import HOME_LANGUAGE
from contracts.values.zones import HOME_ZONE


class Invitations(Struct, frozen=True, gc=False):
    """Numbers of invitations that a person sent and got on one day of UTC (its ordinal)."""

    day: int = 0
    sent: int = 0
    received_from: tuple[PersonId, ...] = ()
    """Each host as often as they invited; few, as long as the rules are."""


NO_INVITATIONS: Final = Invitations()


class Suspension(Struct, frozen=True, kw_only=True, gc=False):
    """Why, since when and by whom a person is shut out."""

    reason: str
    by: str | None
    since: datetime


class Person(Struct, frozen=True, kw_only=True, gc=False):
    """A person's name and engagements. Their times are looked up at the evening itself,
    so a moved evening needs no repair here."""

    id: PersonId
    name: str = ""
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE
    hosting: tuple[AnnouncementId, ...] = ()
    attending: tuple[BookingId, ...] = ()
    pending: tuple[BookingId, ...] = ()
    invitations: Invitations = NO_INVITATIONS
    """Counts of the last day on which the person sent or got one."""
    muted: tuple[PersonId, ...] = ()
    """Hosts of whom the person wants to hear no more."""
    suspension: Suspension | None = None

    def may_be_invited_by(self, host_id: PersonId) -> bool:
        return self.suspension is None and host_id not in self.muted

    def invitations_on(self, at: datetime) -> Invitations:
        """Those of the day of `at`."""
        day = at.toordinal()
        return self.invitations if self.invitations.day == day else Invitations(day)
