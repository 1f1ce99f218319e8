"""Numbers as they stand in an address or a header."""

from typing import Final

DIGITS_MAX: Final = 18
"""Fits every column of ours, and Python refuses to read some thousands of them."""


def parse_whole_number(text: str) -> int | None:
    """The number that ASCII digits, at most DIGITS_MAX, write; None for any other text."""
    written = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX
    return int(text) if written else None
