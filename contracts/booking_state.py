"""The nine pairs (author_status, guest_status) and the one word for each."""

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
"""Who gave a reason: a person in words of their own, or the system as one of its codes. A
person may type anything, a code of the system's too."""

Pair = tuple[bool | None, bool | None]

CONFIRMED: Final[Pair] = (True, True)

_WORDS: Final[dict[Pair, BookingState]] = {
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
    """The derived `state` of a booking. The pair (None, None) never exists: KeyError."""
    if waiting:
        return "waitlisted"
    if offered:
        return "offered"
    return _WORDS[pair]
