"""The one way to read the journal: accepted records only, in order, checked.

A `Tail` folds raw entries through the acceptance rule (R1 to R3) and reads its own last
accepted record again after every failure and every `recheck_s` (R4), because a client
library may hide a reconnect, and with it a journal that was cut back in the meantime.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from contracts.journal.acceptance import GENESIS, JournalBroken, ReaderState, accept
from contracts.journal.records import Record, UnreadableRecord, decode_record, hash_record
from runtime.journal.port import (
    Journal,
    JournalCursor,
    JournalEntry,
    JournalTruncated,
    JournalUnavailable,
)

log = logging.getLogger(__name__)

RECHECK_S: Final = 10.0
RETRY_S: Final = 0.5


class Position(Struct, frozen=True, gc=False):
    """Where a reader is: what a durable reader stores in the transaction of its rows."""

    offset: int = -1
    """Offset of the last accepted record; -1 before the first."""
    state: ReaderState = GENESIS


START: Final = Position()


class Accepted(NamedTuple):
    """A record that counts."""

    record: Record
    position: Position
    stamp_ms: int


class Tail:
    """Follows the journal from a position on. Not to be shared between tasks."""

    def __init__(
        self, journal: Journal, position: Position = START, *, recheck_s: float = RECHECK_S
    ) -> None:
        self._journal = journal
        self._recheck_s = recheck_s
        self._cursor: JournalCursor | None = None
        self._anchor: Position | None = None
        self._checked_at = 0.0
        self.position = position
        self.seen_offset = position.offset
        """Offset of the last entry read, whether it counted or not."""
        self.ignored = 0
        """Entries that did not count (R2): leftovers of ended reigns and late claims."""
        self.available = True

    async def fetch(self, wait_s: float) -> Sequence[Accepted]:
        """The next accepted records; empty when none came within `wait_s`.

        While the journal cannot be reached it returns empty as well, with `available`
        false. Raises JournalBroken (R3, R4): nothing read by this process can be trusted
        any further.
        """
        try:
            cursor = await self._positioned_cursor()
            entries = await cursor.fetch(wait_s)
            if self._anchor is not None:
                if not entries and await self._journal.end() > self._anchor.offset:
                    return []  # It is there, but has not arrived yet.
                entries = self._behind_anchor(self._anchor, entries)
                self._anchor = None
            self.available = True
        except JournalTruncated as error:
            raise JournalBroken(f"after {self.position}: {error}") from error
        except JournalUnavailable as error:
            if self.available:
                log.warning("journal unavailable", extra={"reason": str(error)})
            self.available = False
            await self.close()
            await asyncio.sleep(min(wait_s, RETRY_S))
            return []
        return [accepted for entry in entries if (accepted := self._accept(entry))]

    async def close(self) -> None:
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            await cursor.close()

    async def _positioned_cursor(self) -> JournalCursor:
        """The cursor; at the last accepted record where that is due to be compared (R4)."""
        now = asyncio.get_running_loop().time()
        start = max(self.position.offset, 0)
        if self._cursor is None:
            self._cursor = await self._journal.open_cursor(start)
        elif now - self._checked_at >= self._recheck_s:
            await self._cursor.seek(start)
        else:
            return self._cursor
        self._checked_at = now
        self._anchor = self.position if self.position.offset >= 0 else None
        return self._cursor

    def _behind_anchor(
        self, anchor: Position, entries: Sequence[JournalEntry]
    ) -> Sequence[JournalEntry]:
        if not entries or entries[0].offset != anchor.offset:
            raise JournalBroken(f"accepted record at {anchor} is gone: the journal was truncated")
        if hash_record(entries[0].payload) != anchor.state.hash:
            raise JournalBroken(f"accepted record at {anchor} is another one now")
        return entries[1:]

    def _accept(self, entry: JournalEntry) -> Accepted | None:
        try:
            record = decode_record(entry.payload)
        except UnreadableRecord as error:
            raise JournalBroken(f"unreadable record at offset {entry.offset}: {error}") from error
        state = accept(self.position.state, record, hash_record(entry.payload))
        if state is None:
            if entry.offset > self.seen_offset:
                self.seen_offset = entry.offset
                self.ignored += 1
            return None
        self.seen_offset = entry.offset
        self.position = Position(entry.offset, state)
        return Accepted(record, self.position, entry.stamp_ms)
