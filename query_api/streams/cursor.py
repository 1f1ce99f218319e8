"""The id of an event: says how much of a stream its reader has.

To clients it is opaque. Whoever forges one reads nothing that they might not read anyway.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct

from contracts.errors import Malformed
from contracts.values.decoding import UNDECODABLE
from contracts.values.ids import canonical_uuid

LAST_EVENT_ID: Final = "Last-Event-ID"
NO_ROW: Final = "00000000-0000-0000-0000-000000000000"
AFTER_ALL_KINDS: Final = 9
"""Greater than the number of every kind of row (`query_api.streams.changes`)."""

_Number = Annotated[int, Meta(ge=0, le=2**62)]
_Kind = Annotated[int, Meta(ge=0, le=AFTER_ALL_KINDS)]


class StreamCursor(Struct, frozen=True, array_like=True):
    """A place in the order of all changes: rows of the tables by position, kind and id, and
    notices, which trail them, by transaction and id. What comes later was not told yet."""

    position: _Number
    kind: _Kind
    row: str
    notice_xid: _Number
    notice: _Number

    @property
    def event_id(self) -> str:
        return urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()

    def at_row(self, position: int, kind: int, row: str) -> Self:
        """Return the cursor after this row."""
        return msgspec.structs.replace(self, position=position, kind=kind, row=row)

    def after_position(self, position: int) -> Self:
        """Return the cursor after all rows of this position."""
        return self.at_row(position, AFTER_ALL_KINDS, NO_ROW)

    def at_notice(self, xid: int, notice: int) -> Self:
        """Return the cursor after this notice. With 0 it is before all of this transaction."""
        return msgspec.structs.replace(self, notice_xid=xid, notice=notice)


def begin_at(position: int, xid: int) -> StreamCursor:
    """Return the cursor of whoever has everything up to `position`, and all notices of
    transactions before `xid`."""
    return StreamCursor(position, AFTER_ALL_KINDS, NO_ROW, xid, 0)


def parse_event_id(text: str) -> StreamCursor:
    """Return the cursor whose `event_id` this is. Raises Malformed."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        cursor = msgspec.json.decode(urlsafe_b64decode(padded), type=StreamCursor)
    except (*UNDECODABLE, ValueError) as error:
        raise _malformed() from error
    if canonical_uuid(cursor.row) != cursor.row or cursor.event_id != text:
        raise _malformed()
    return cursor


def _malformed() -> Malformed:
    return Malformed("malformed_header", {"header": LAST_EVENT_ID})
