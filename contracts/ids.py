"""Identifiers: canonical lower-case UUID text, kept as `str`.

Text, because identifiers are compared, hashed and written far more often than they
are taken apart; `NewType`, so that the type checker still tells them from each other.
"""

from typing import Final, NewType
from uuid import UUID, uuid4

AnnouncementId = NewType("AnnouncementId", str)
BookingId = NewType("BookingId", str)
PersonId = NewType("PersonId", str)
MovieId = NewType("MovieId", str)

SYSTEM: Final = PersonId("system")
"""The actor of commands that the leader gives itself, such as deadlines."""


def canonical(text: str) -> str | None:
    """The canonical spelling of a UUID, or None where `text` is not one."""
    try:
        return str(UUID(text))
    except ValueError:
        return None


def new_id() -> str:
    return str(uuid4())
