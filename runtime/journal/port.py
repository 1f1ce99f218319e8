"""The port to the one log of a cell, and the errors its adapters raise.

An entry of the journal is bytes at an offset. What the bytes mean, and which of them
count, is decided by the readers (`contracts.journal.acceptance`): a journal only keeps an order,
keeps what it acknowledged, and gives it back.
"""

from asyncio import Future
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Appended(NamedTuple):
    """Where an appended entry lies."""

    offset: int
    stamp_ms: int
    """The journal's own clock when it took the entry, milliseconds since 1970."""


class JournalEntry(NamedTuple):
    offset: int
    stamp_ms: int
    payload: bytes


class JournalError(Exception):
    """The journal could not do what was asked. After a failed append the entry may or may
    not be there."""


class JournalUnavailable(JournalError):
    """Not reachable now; trying again later is worth it."""


class JournalTruncated(JournalError):
    """The offset asked for does not exist: accepted history is gone."""


class EntryTooLarge(JournalError):
    """Refused before anything was sent."""


class WriterLost(JournalError):
    """This writer will append nothing more; open a fresh one."""


class JournalWriter(Protocol):
    """One session of appending, in the order of the calls."""

    def append(self, payload: bytes) -> Future[Appended]:
        """Append one entry durably; entries lie in the order of the calls.

        The future fails with EntryTooLarge (nothing was sent, the writer is still good),
        or with another JournalError when it is unknown whether the entry is in the
        journal; after that every later append of this writer fails with WriterLost.
        """
        ...

    async def close(self) -> None:
        """Give up: nothing that is not yet sent will be sent. Bounded, never raises."""
        ...


class JournalCursor(Protocol):
    """Reads entries in order from a place on."""

    async def fetch(self, wait_s: float) -> Sequence[JournalEntry]:
        """The next entries, at least one as soon as there is one; empty after `wait_s`.

        Raises JournalTruncated where the next offset no longer or not yet exists below an
        existing one, JournalUnavailable where the journal cannot be reached.
        """
        ...

    async def seek(self, offset: int) -> None:
        """Go on from `offset`, forgetting what was fetched ahead."""
        ...

    async def close(self) -> None: ...


class Journal(Protocol):
    async def open_writer(self) -> JournalWriter:
        """A fresh session. Raises JournalUnavailable."""
        ...

    async def open_cursor(self, offset: int) -> JournalCursor:
        """A cursor at `offset`, counted from 0. Raises JournalUnavailable."""
        ...

    async def end(self) -> int:
        """The offset that the next entry will get, or lower. Raises JournalUnavailable."""
        ...

    async def close(self) -> None: ...
