"""Identifiers: canonical lower-case UUID text, kept as `str`.

They are text, because they are compared, hashed and written far more often than taken
apart. They are `NewType`s, so that the type checker tells one kind from another.
"""

import os
import re
from typing import Final, NewType
from uuid import UUID

AnnouncementId = NewType("AnnouncementId", str)
BookingId = NewType("BookingId", str)
PersonId = NewType("PersonId", str)
MovieId = NewType("MovieId", str)
ReviewId = NewType("ReviewId", str)
PostId = NewType("PostId", str)
FeedId = NewType("FeedId", str)
InviteLinkId = NewType("InviteLinkId", str)
InviteJobId = NewType("InviteJobId", str)
BroadcastId = NewType("BroadcastId", str)
ReportId = NewType("ReportId", str)
SubjectId = NewType("SubjectId", str)
"""Id of what a report is about: an announcement, a rating, a post or a person."""

SYSTEM: Final = PersonId("system")
"""Actor of the commands that the leader gives itself, such as deadlines."""

OPERATOR: Final = PersonId("operator")
"""Actor of a command that came with the operator token, which belongs to no person."""

_CANONICAL: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# `UUID` takes whatever `int` takes: white space, signs, underscores, digits of other scripts.
_SPELLING: Final = re.compile(r"(urn:uuid:)?\{?[0-9A-Fa-f-]+\}?")
_ID_BYTES: Final = 16
_IDS_A_PAGE: Final = 256
_ID_DIGITS: Final = 2 * _ID_BYTES
_VARIANTS: Final = {f"{digit:x}": "89ab"[digit % 4] for digit in range(16)}
"""The digit that states the variant of RFC 9562, with two random bits."""
_unused: Final[list[str]] = []


def canonical_uuid(text: str) -> str | None:
    """Return the canonical spelling of a UUID, or None if `text` is not one."""
    if _CANONICAL.fullmatch(text):
        return text
    if not _SPELLING.fullmatch(text):
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return None


def new_id() -> str:
    """Return a random UUID (version 4).

    Random bytes are taken from the system a page at a time: asking for sixteen each time
    cost the write path more than deciding did. So did a `UUID` that is only made to be spelled.
    """
    if not _unused:
        page = os.urandom(_ID_BYTES * _IDS_A_PAGE).hex()
        _unused.extend(page[n : n + _ID_DIGITS] for n in range(0, len(page), _ID_DIGITS))
    digits = _unused.pop()
    variant = _VARIANTS[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
