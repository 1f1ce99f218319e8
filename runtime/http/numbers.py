"""Parses numbers in addresses and headers."""

from typing import Final

DIGITS_MAX: Final = 18
"""A number of so many digits fits every column of ours. Python refuses to parse one of several
thousand."""


def parse_whole_number(text: str) -> int | None:
    """Return the number if the text is at most DIGITS_MAX ASCII digits; None otherwise."""
    written = text.isascii() and text.isdecimal() and len(text) <= DIGITS_MAX
    return int(text) if written else None
