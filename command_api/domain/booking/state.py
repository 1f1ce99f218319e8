"""The state of a booking."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from contracts.events.booking_state import CONFIRMED, BookingState, Pair, ReasonBy, booking_state
from contracts.values.ids import AnnouncementId, BookingId, PersonId

HeldFor = Literal["invitation", "offer", "move"]


class Booking(Struct, frozen=True, kw_only=True, gc=False):
    """What one guest and one author have said about one evening. One for each pair, ever."""

    id: BookingId
    announcement_id: AnnouncementId
    author_id: PersonId
    guest_id: PersonId
    created_at: datetime
    modified_at: datetime
    previous: BookingId | None
    author_status: bool | None = None
    guest_status: bool | None = None
    waiting: bool = False
    preapproved: bool = False
    held_for: HeldFor | None = None
    hold_until: datetime | None = None
    clashes: tuple[AnnouncementId, ...] = ()
    """Evenings between which and this one the guest has to choose, if `held_for` is `move`."""
    requests: int = 0
    """How often the guest has asked to come."""
    invited_again: bool = False
    """Whether the author has asked again after the guest's own no; allowed once."""
    author_noes: int = 0
    """How often the author has said no, and the guest was told."""
    guest_noes: int = 0
    untold: bool = False
    """The invitation was taken back in a draft: the guest never learns of it."""
    reason: str | None = None
    reason_by: ReasonBy | None = None
    message: str | None = None

    @property
    def pair(self) -> Pair:
        return (self.author_status, self.guest_status)

    @property
    def confirmed(self) -> bool:
        return self.pair == CONFIRMED

    @property
    def pending(self) -> bool:
        return self.pair in ((None, True), (True, None))

    @property
    def unsettled(self) -> bool:
        """Confirmed until a move made it clash: the guest has to choose."""
        return self.held_for == "move"

    @property
    def state(self) -> BookingState:
        offered = self.held_for in ("offer", "move")
        return booking_state(self.pair, waiting=self.waiting, offered=offered)
