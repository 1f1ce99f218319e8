"""Reads the accepted records of the journal in order. There is no other way to read it.

A `Tail` applies the acceptance rules (R1 to R3) to raw entries. After every failure, and
every `recheck_s` seconds, it reads its last accepted record again (R4): a client library may
hide a reconnect, and meanwhile the journal may have been truncated.
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
    """A place in the journal. A durable reader stores it in the transaction of its rows."""

    offset: int = -1
    """Offset of the last accepted record; -1 before the first."""
    state: ReaderState = GENESIS


START: Final = Position()


class Accepted(NamedTuple):
    """A record that counts, with its position and the journal's stamp."""

    record: Record
    position: Position
    stamp_ms: int


class Tail:
    """Follows the journal from a position on. Tasks must not share one."""

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
        """Number of entries that did not count (R2): leftovers of ended reigns, late claims."""
        self.available = True
        """Whether the journal could be reached by the last fetch."""

    async def fetch(self, wait_s: float) -> Sequence[Accepted]:
        """Return the next accepted records; none if none came within `wait_s` seconds.

        If the journal cannot be reached, it also returns none and sets `available` to False.
        Raises JournalBroken (R3, R4): then nothing that this process has read can be trusted.
        """
        try:
            cursor = await self._position_cursor()
            entries = await cursor.fetch(wait_s)
            if self._anchor is not None:
                if not entries and await self._journal.end() > self._anchor.offset:
                    return []  # The record is there, but has not arrived yet.
                entries = self._check_anchor(self._anchor, entries)
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
        """Close the cursor."""
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            await cursor.close()

    async def _position_cursor(self) -> JournalCursor:
        """Return the cursor. If a check is due, it stands at the last accepted record (R4)."""
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

    def _check_anchor(
        self, anchor: Position, entries: Sequence[JournalEntry]
    ) -> Sequence[JournalEntry]:
        """Return the entries after the anchor. Raises JournalBroken if it is not the first."""
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
