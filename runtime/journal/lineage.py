"""Finds the log and the place in it at which a reader goes on, if the journal was renewed.

A renewed journal is a new log with the next number. The oldest log that was ever in force is so
still, or was closed by a Moved, which names the one that follows. So a reader begins there, and
a reader's position is in the log that has its record, byte for byte. If that log is gone, the
oldest one has the record as it was carried over (`contracts.journal.renewal`).
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, NamedTuple

from msgspec import UNSET, Struct

from contracts.journal.acceptance import GENESIS, ReaderState
from contracts.journal.records import (
    Moved,
    Record,
    Renewal,
    UnreadableRecord,
    decode_record,
    hash_record,
)
from contracts.journal.renewal import recognise
from runtime.journal.port import Journal, JournalEntry, JournalTruncated, JournalUnavailable

FETCH_WAIT_S: Final = 1.0
EMPTY_FETCHES_MAX: Final = 10


class Position(Struct, frozen=True, gc=False):
    """A place in the journal. A durable reader stores it in the transaction of its rows."""

    offset: int = -1
    """Offset of the last accepted record; -1 before the first."""
    state: ReaderState = GENESIS


START: Final = Position()


class Place(NamedTuple):
    """A log, and a reader's position in it."""

    log: Journal
    position: Position


async def find_place(journal: Journal, position: Position) -> Place | None:
    """Return where to go on after `position`, which may be of a log that is gone; None if no log
    has its record. Raises JournalUnavailable."""
    if position != START:
        for number in await journal.list_generations():
            log = journal.at_generation(number)
            if await _holds(log, position):
                return Place(log, position)
    oldest = await find_oldest(journal)
    return Place(oldest, START) if position == START else await find_carried(oldest, position)


async def find_oldest(journal: Journal) -> Journal:
    """Return the oldest log that is or was in force. Raises JournalUnavailable.

    An older one may be there that never was: a leader that was frozen may begin a renewal long
    after others have led and renewed, and a broker may make an empty topic for a reader that asks
    for one that is gone. Nothing was ever decided in such a log, so its last entry is carried
    over, or it has none. A log in force whose last entry is such a copy has no younger one in use.
    """
    generations = await journal.list_generations() or [journal.generation]
    logs = [journal.at_generation(number) for number in generations]
    if len(logs) > 1:
        for log in logs:
            if await _was_in_force(log):
                return log
    return logs[0]


async def find_carried(log: Journal, position: Position) -> Place | None:
    """Return the place of the record that `log` carries over from `position`; None if it is not
    there. Raises JournalUnavailable."""
    # Before it lie the Renewal and all records before it, and perhaps what does not count.
    if await log.end() <= position.state.seq or not await _is_renewed(log):
        return None
    async with aclosing(_read(log, position.state.seq)) as entries:
        async for entry in entries:
            record = _decode(entry)
            if record is not None and (
                state := recognise(position.state, record, hash_record(entry.payload))
            ):
                return Place(log, Position(entry.offset, state))
    return None


async def _holds(log: Journal, position: Position) -> bool:
    async with aclosing(_read(log, position.offset)) as entries:
        async for entry in entries:
            same_place = entry.offset == position.offset
            return same_place and hash_record(entry.payload) == position.state.hash
    return False


async def _was_in_force(log: Journal) -> bool:
    """Return whether the last entry was written for this log, not carried over to it."""
    async with aclosing(_read(log, max(await log.end() - 1, 0))) as entries:
        async for entry in entries:
            match _decode(entry):
                case Renewal():
                    return False
                case None | Moved():
                    return True
                case record:
                    return record.carried is UNSET
    return False


async def _is_renewed(log: Journal) -> bool:
    async with aclosing(_read(log, 0)) as entries:
        async for entry in entries:
            return isinstance(_decode(entry), Renewal)
    return False


def _decode(entry: JournalEntry) -> Record | None:
    """Return the record; None if it cannot be read. Whoever follows the log finds out why."""
    try:
        return decode_record(entry.payload)
    except UnreadableRecord:
        return None


async def _read(log: Journal, offset: int) -> AsyncGenerator[JournalEntry, None]:
    """Yield the entries that there are now from `offset` on; none if the log does not reach it."""
    end = await log.end()
    if offset >= end:
        return
    cursor = await log.open_cursor(offset)
    empty = 0
    try:
        while offset < end:
            entries = await cursor.fetch(FETCH_WAIT_S)
            empty = 0 if entries else empty + 1
            if empty == EMPTY_FETCHES_MAX:
                raise JournalUnavailable(f"entry {offset} does not come")
            for entry in entries:
                offset = entry.offset + 1
                yield entry
    except JournalTruncated:
        return
    finally:
        await cursor.close()
