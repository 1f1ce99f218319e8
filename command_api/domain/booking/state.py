"""The state of a booking."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from contracts.events.folding.booking_state import (
    BookingState,
    Pair,
    Party,
    ReasonBy,
    booking_state,
)
from contracts.values.ids import AnnouncementId, BookingId, PersonId

HeldFor = Literal["invitation", "offer", "move"]


class Booking(Struct, frozen=True, kw_only=True, gc=False):
    """The answers that one guest and one author have given about one announcement. Each pair has
    one booking, for ever."""

    id: BookingId
    announcement_id: AnnouncementId
    author_id: PersonId
    guest_id: PersonId
    created_at: datetime
    modified_at: datetime
    previous: BookingId | None
    """The booking made before this one for the same announcement."""
    previous_of_guest: BookingId | None
    """The guest's booking made before this one."""
    author_status: bool | None = None
    guest_status: bool | None = None
    waiting: bool = False
    preapproved: bool = False
    held_for: HeldFor | None = None
    hold_until: datetime | None = None
    overlapping: tuple[AnnouncementId, ...] = ()
    """If `held_for` is `move`: the guest has to choose between this announcement and these."""
    requests: int = 0
    """How often the guest has requested a seat."""
    invited_again: bool = False
    """Whether the author has asked again after the guest's own no; allowed once."""
    author_noes: int = 0
    """How often the author has said no. A no that the guest was not told of does not count."""
    guest_noes: int = 0
    untold: bool = False
    """Whether the invitation was revoked in a draft, so that the guest never learns of it."""
    reason: str | None = None
    reason_by: ReasonBy | None = None
    message: str | None = None
    words_by: Party | None = None
    """The one who typed `message`, and `reason` unless the system gave it."""

    @property
    def pair(self) -> Pair:
        return (self.author_status, self.guest_status)

    @property
    def confirmed(self) -> bool:
        return self.author_status is True and self.guest_status is True

    @property
    def pending(self) -> bool:
        """Whether one side has said yes and the other has yet to answer."""
        if self.author_status is None:
            return self.guest_status is True
        return self.author_status is True and self.guest_status is None

    @property
    def requested(self) -> bool:
        """Whether the guest has asked, and the author is still to answer."""
        return self.pair == (None, True)

    @property
    def turned_down(self) -> bool:
        """Whether the author has said no to a request that the guest stands by."""
        return self.author_status is False and self.guest_status is True

    @property
    def unsettled(self) -> bool:
        """Whether the guest has to choose: it was confirmed, and a move made it overlap."""
        return self.held_for == "move"

    @property
    def state(self) -> BookingState:
        offered = self.held_for in ("offer", "move")
        return booking_state(self.pair, waiting=self.waiting, offered=offered)
