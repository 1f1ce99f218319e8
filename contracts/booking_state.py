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
