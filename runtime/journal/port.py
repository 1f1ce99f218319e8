"""The port to the journal of a cell, and the errors that its adapters raise.

An entry of the journal is bytes at an offset. Readers decide what the bytes mean and which
entries count (`contracts.journal.acceptance`). A journal keeps its entries in order, and never
loses one that it acknowledged.
"""

from asyncio import Future
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Appended(NamedTuple):
    """The offset and the stamp of an entry that was appended."""

    offset: int
    stamp_ms: int
    """Time of the journal's own clock when it stored the entry, in milliseconds since 1970."""


class JournalEntry(NamedTuple):
    """An entry that was read."""

    offset: int
    stamp_ms: int
    payload: bytes


class JournalError(Exception):
    """The journal could not do what it was asked to do. After a failed append the entry may
    or may not be in the journal."""


class JournalUnavailable(JournalError):
    """The journal cannot be reached now; try again later."""


class JournalTruncated(JournalError):
    """The requested offset does not exist, so accepted history is gone."""


class JournalExists(JournalError):
    """There already is a log with this generation."""


class EntryTooLarge(JournalError):
    """The entry is too large. It was refused before anything was sent."""


class WriterLost(JournalError):
    """This writer will append nothing more. Open a new one."""


class JournalWriter(Protocol):
    """One session of appending."""

    def append(self, payload: bytes) -> Future[Appended]:
        """Append one entry durably. Entries get offsets in the order of the calls.

        The future fails with EntryTooLarge if nothing was sent; the writer then stays usable.
        It fails with another JournalError if it is unknown whether the entry is in the
        journal; then every later append of this writer fails with WriterLost.
        """
        ...

    async def close(self) -> None:
        """Give up all entries that were not sent yet. Takes bounded time and never raises."""
        ...


class JournalCursor(Protocol):
    """Reads entries in order from an offset on."""

    async def fetch(self, wait_s: float) -> Sequence[JournalEntry]:
        """Return the next entries as soon as there is one; none after `wait_s` seconds.

        Raises JournalTruncated if the next offset does not exist although a later one does, or
        if the journal ends before it. Raises JournalUnavailable if the journal cannot be
        reached.
        """
        ...

    async def seek(self, offset: int) -> None:
        """Continue from `offset` and forget what was fetched ahead."""
        ...

    async def close(self) -> None:
        """Release what the cursor holds."""
        ...


class Journal(Protocol):
    """One log of a cell. Until the journal is renewed, a cell has only this one, generation 1.

    Its methods raise JournalUnavailable if the journal cannot be reached now, and another
    JournalError if something else is wrong with it.
    """

    @property
    def generation(self) -> int:
        """Number of this log."""
        ...

    def at_generation(self, number: int) -> "Journal":
        """Return the log of the same cell with this number, whether it exists or not. The first
        log closes it."""
        ...

    async def list_generations(self) -> Sequence[int]:
        """Return the numbers of the logs that this cell has now, in order."""
        ...

    async def create(self) -> None:
        """Make this log, empty. Raises JournalExists if it is there."""
        ...

    async def drop(self) -> None:
        """Delete this log for good. Does nothing if it is not there."""
        ...

    async def open_writer(self) -> JournalWriter:
        """Open a new session of appending."""
        ...

    async def open_cursor(self, offset: int) -> JournalCursor:
        """Return a cursor at `offset`; offsets start at 0."""
        ...

    async def end(self) -> int:
        """Return the offset that the next entry will get, or a lower one."""
        ...

    async def close(self) -> None:
        """Release what the journal holds."""
        ...
