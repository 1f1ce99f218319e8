"""States in SQL how a person stands to an announcement by their booking for it.

In the fragments `a` is the announcement and $2 the person, whom other modules call the viewer or
the reader. A statement that needs the booking several times joins it.
"""

from typing import Final

_OWN: Final = """
    FROM bookings own
    WHERE own.announcement_id = a.announcement_id AND own.guest_id = $2::uuid
"""
INVOLVED: Final = f"EXISTS (SELECT {_OWN} AND NOT own.untold)"
"""Whether the viewer has a booking for it that they know of."""
CONFIRMED: Final = f"EXISTS (SELECT {_OWN} AND own.state = 'confirmed')"
"""Whether the viewer is confirmed for it."""


def own(column: str) -> str:
    """Return SQL for a column of the viewer's booking; null if they know of none."""
    return f"(SELECT own.{column} {_OWN} AND NOT own.untold)"


JOIN_OWN: Final = """
    LEFT JOIN bookings own
    ON own.announcement_id = a.announcement_id AND own.guest_id = $2::uuid
"""
"""Joins the viewer's booking, so that what depends on it is found by one look."""
JOINED_INVOLVED: Final = "coalesce(NOT own.untold, false)"
"""INVOLVED, in a statement with JOIN_OWN."""
JOINED_CONFIRMED: Final = "coalesce(own.state = 'confirmed', false)"
"""CONFIRMED, in a statement with JOIN_OWN."""


def joined_own(column: str) -> str:
    """Return `own` of the column, for a statement with JOIN_OWN."""
    return f"CASE WHEN {JOINED_INVOLVED} THEN own.{column} END"
