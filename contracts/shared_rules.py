"""Defines the rules that decisions and reads both follow.

All processes of a cell need the same ones. Then a list shows what a command would decide.
"""

from datetime import timedelta

from msgspec import Struct

from contracts.films import FilmGroup


class SharedRules(Struct, frozen=True):
    """The rules of a cell. A change affects decisions and reads from then on, never history."""

    gap: timedelta = timedelta(0)
    """Least time between two announcements of one person. 0 lets one begin when the other
    ends."""
    pending_blocks: bool = False
    """Whether an unanswered request or invitation already makes a person busy."""
    hide_guest_list: bool = False
    """Whether guests, confirmed ones too, are hidden from each other."""
    films: FilmGroup = FilmGroup()
    """The films that may be announced."""
