"""Reads the accepted records of the journal in order. There is no other way to read it.

A `Tail` applies the acceptance rules (R1 to R3) to raw entries. After every failure, and
every `recheck_s` seconds, it reads its last accepted record again (R4): a client library may
hide a reconnect, and meanwhile the journal may have been truncated.

If the journal is renewed, the tail goes on in the next log at the same record, and its position
changes to the place there (`runtime.journal.lineage`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from contracts.journal.acceptance import JournalBroken, accept
from contracts.journal.records import (
    Moved,
    Record,
    Renewal,
    UnreadableRecord,
    decode_record,
    hash_record,
)
from contracts.journal.renewal import recognise
from contracts.values.describing import describe_error
from runtime.journal.lineage import START as START
from runtime.journal.lineage import Place, find_carried, find_oldest, find_place
from runtime.journal.lineage import Position as Position
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
MOVE_POLL_S: Final = 0.05


Recall = Callable[[str], Record | None]


def decode_all(_: str) -> Record | None:
    """Recall nothing, so that every record is decoded."""
    return None


class AnchorGone(JournalBroken):
    """The last accepted record is not where it was."""


class Accepted(NamedTuple):
    """A record that counts, with its position and the journal's stamp."""

    record: Record
    position: Position
    stamp_ms: int

    def is_at(self, stored: Position) -> bool:
        """Return whether a reader that stored this position stands at this record, perhaps in a
        journal before."""
        here = self.position
        carried = recognise(stored.state, self.record, here.state.hash)
        return here == stored or carried == here.state


class Tail:
    """Follows the journal from a position on, through all its renewals. Tasks must not share one.

    With `pinned` it reads only the log that it is given, also one that is not in force.
    """

    def __init__(
        self,
        journal: Journal,
        position: Position = START,
        *,
        recheck_s: float = RECHECK_S,
        pinned: bool = False,
        recall: Recall = decode_all,
    ) -> None:
        """`recall` returns a record by the hash of its bytes if this process has made it itself.
        Then it is not decoded."""
        self._recall = recall
        self._recheck_s = recheck_s
        self._pinned = pinned
        self._located = pinned
        self._cursor: JournalCursor | None = None
        self._anchor: Position | None = None
        self._checked_at = 0.0
        self.log = journal
        """The log that is read now."""
        self.moved_to: int | None = None
        """Number of the log that follows. It is not there yet, or not as far as this reader has
        come. Meanwhile nothing can be appended."""
        self.renewal: Renewal | None = None
        """The first entry of the log, if this reader has read it."""
        self.position = position
        self.seen_offset = position.offset
        """Offset of the last entry read in `log`, whether it counted or not."""
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
            if self.moved_to is not None and not await self._move(self.moved_to):
                await asyncio.sleep(min(wait_s, MOVE_POLL_S))
                return []
            entries = await self._fetch_entries(wait_s)
            self.available = True
        except JournalUnavailable as error:
            if self.available:
                log.warning("journal unavailable", extra={"reason": describe_error(error)})
            self.available = False
            self._located = self._pinned  # Its log may be gone for good.
            await self.close()
            await asyncio.sleep(min(wait_s, RETRY_S))
            return []
        return self._accept_all(entries)

    @property
    def confirmed(self) -> bool:
        """Whether the record of `position` was found in the journal since the cursor was opened
        or a check came due (R4). Before the first record there is none to find."""
        if self.position.offset < 0:
            return True
        return self._cursor is not None and self._anchor is None

    async def find_end(self) -> int:
        """Return the offset after the last entry of the log in which this reader is. Raises
        JournalError, and JournalBroken."""
        await self._position_cursor()
        return await self.log.end()

    async def close(self) -> None:
        """Close the cursor."""
        if self._cursor is not None:
            cursor, self._cursor = self._cursor, None
            await cursor.close()

    async def _fetch_entries(self, wait_s: float) -> Sequence[JournalEntry]:
        cursor = await self._position_cursor()
        try:
            entries = await cursor.fetch(wait_s)
            if self._anchor is not None:
                if not entries and await self.log.end() > self._anchor.offset:
                    return []  # The record is there, but has not arrived yet.
                entries = self._check_anchor(self._anchor, entries)
                self._anchor = None
        except JournalTruncated as error:
            await self._relocate(JournalBroken(f"after {self.position}: {error}"))
            return []
        except AnchorGone as error:
            await self._relocate(error)
            return []
        return entries

    async def _position_cursor(self) -> JournalCursor:
        """Return the cursor. If a check is due, it stands at the last accepted record (R4)."""
        now = asyncio.get_running_loop().time()
        start = max(self.position.offset, 0)
        check_due = now - self._checked_at >= self._recheck_s
        if check_due and self.position.offset < 0 and not self._pinned:
            await self.close()  # There is no record by which a log that is gone would be noticed.
            self._located = False
        if self._cursor is None:
            if not self._located:
                await self._choose_log()
            self._cursor = await self.log.open_cursor(start)
        elif check_due:
            await self._cursor.seek(start)
        else:
            return self._cursor
        self._checked_at = now
        self._anchor = self.position if self.position.offset >= 0 else None
        return self._cursor

    async def _choose_log(self) -> None:
        """Stay in the log if it still exists and something was read; otherwise begin in the oldest.
        If the position is not there, its record is looked for as soon as that shows."""
        generations = await self.log.list_generations()
        if self.position.offset < 0 or self.log.generation not in generations:
            oldest = await find_oldest(self.log)
            if oldest.generation != self.log.generation:
                self.log, self.seen_offset = oldest, self.position.offset
        self._located = True

    async def _relocate(self, broken: JournalBroken) -> None:
        """Go on in the log that has the position's record. Raises `broken` if that is none, or the
        one in which it was just found wanting."""
        await self.close()
        place = None if self._pinned else await find_place(self.log, self.position)
        if place is None or (
            place.log.generation == self.log.generation and place.position == self.position
        ):
            raise broken
        self._go_on_at(place)

    async def _move(self, generation: int) -> bool:
        """Go on in the log that follows. Returns False if it is not yet as far as this reader."""
        await self.close()
        generations = await self.log.list_generations()
        following = self.log.at_generation(generation)
        if self.log.generation not in generations and generations:
            following = await find_oldest(self.log)  # What it slept through may be over as well.
        elif generation not in generations:
            return False
        place = await find_carried(following, self.position)
        if place is None:
            return False
        self._go_on_at(place)
        return True

    def _go_on_at(self, place: Place) -> None:
        log.info("the journal was renewed", extra={"generation": place.log.generation})
        self.moved_to = self._anchor = None
        self.log, self.position = place
        self._located = True
        self.seen_offset = self.position.offset

    def _check_anchor(
        self, anchor: Position, entries: Sequence[JournalEntry]
    ) -> Sequence[JournalEntry]:
        """Return the entries after the anchor. Raises AnchorGone if it is not the first."""
        if not entries or entries[0].offset != anchor.offset:
            raise AnchorGone(f"accepted record at {anchor} is gone: the journal was truncated")
        if hash_record(entries[0].payload) != anchor.state.hash:
            raise AnchorGone(f"accepted record at {anchor} is another one now")
        record = None if anchor.state.open else decode_record(entries[0].payload)
        if isinstance(record, Moved):
            self.moved_to = record.generation
            return []
        return entries[1:]

    def _accept_all(self, entries: Sequence[JournalEntry]) -> list[Accepted]:
        accepted = []
        for entry in entries:
            if self.moved_to is not None:
                break  # Nothing counts that comes after it.
            if (one := self._accept(entry)) is not None:
                accepted.append(one)
        return accepted

    def _accept(self, entry: JournalEntry) -> Accepted | None:
        record_hash = hash_record(entry.payload)
        record = self._recall(record_hash) or _decode(entry)
        state = accept(self.position.state, record, record_hash)
        if state is None:
            if entry.offset > self.seen_offset:
                self.seen_offset = entry.offset
                self.ignored += 1
            return None
        self.seen_offset = entry.offset
        if state.moved_to:
            self.moved_to = state.moved_to
            state = replace(state, moved_to=0)  # Reading the record again tells it.
        self.position = Position(entry.offset, state)
        if isinstance(record, Renewal):
            self.renewal = record
            return None
        return Accepted(record, self.position, entry.stamp_ms)


def _decode(entry: JournalEntry) -> Record:
    try:
        return decode_record(entry.payload)
    except UnreadableRecord as error:
        raise JournalBroken(f"unreadable record at offset {entry.offset}: {error}") from error
