"""Shortens the texts of dead letters."""

from typing import Final

from contracts.values.text import make_storable

CHARS_MAX: Final = 500


def shorten(text: str) -> str:
    """Return the text as a dead letter holds it: storable, and of CHARS_MAX characters at most."""
    return make_storable(text)[:CHARS_MAX]
