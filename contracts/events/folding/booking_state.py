"""Names the state of a booking, from what its author and its guest have said."""

from typing import Final, Literal

BookingState = Literal[
    "requested",
    "waitlisted",
    "invited",
    "offered",
    "confirmed",
    "rejected",
    "declined",
    "withdrawn",
    "revoked",
    "ended",
]

ReasonBy = Literal["person", "system"]
"""The giver of a reason: a person in their own words, or the system as a code. It is stored,
because a person may type the same text as a code."""

Party = Literal["author", "guest"]
"""A side of a booking."""

Pair = tuple[bool | None, bool | None]
"""(author_status, guest_status). None if that side has not answered."""

CONFIRMED: Final[Pair] = (True, True)

_STATE_OF_PAIR: Final[dict[Pair, BookingState]] = {
    (None, True): "requested",
    (True, None): "invited",
    (True, True): "confirmed",
    (False, True): "rejected",
    (True, False): "declined",
    (None, False): "withdrawn",
    (False, None): "revoked",
    (False, False): "ended",
}


def booking_state(pair: Pair, *, waiting: bool = False, offered: bool = False) -> BookingState:
    """Return the state of a booking. Raises KeyError for (None, None), which never exists."""
    if waiting:
        return "waitlisted"
    if offered:
        return "offered"
    return _STATE_OF_PAIR[pair]
