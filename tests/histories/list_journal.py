"""A journal that is a list, for tests of its readers."""

import asyncio
from collections.abc import Sequence

from runtime.journal.port import (
    JournalEntry,
    JournalTruncated,
    JournalUnavailable,
    JournalWriter,
)


class ListJournal:
    """A journal that is a list: what the tests do to it, a broker might."""

    def __init__(self, payloads: Sequence[bytes] = ()) -> None:
        self.generation = 1
        self.logs: dict[int, ListJournal] = {1: self}
        self.payloads = list(payloads)
        self.reachable = True
        self.exists = False
        """Whether the log is there although it is empty."""
        self.delayed = False
        """The next fetch comes back empty, whatever there is."""

    def at_generation(self, number: int) -> "ListJournal":
        """The log with this number. It exists once it holds something."""
        if number not in self.logs:
            log = ListJournal()
            log.generation, log.logs = number, self.logs
            self.logs[number] = log
        return self.logs[number]

    async def list_generations(self) -> list[int]:
        self.require_reachable()
        return sorted(number for number, log in self.logs.items() if log.payloads or log.exists)

    async def create(self) -> None: ...

    async def drop(self) -> None:
        self.payloads.clear()

    async def open_writer(self) -> JournalWriter:
        raise JournalUnavailable("nobody writes here")

    async def open_cursor(self, offset: int) -> "ListCursor":
        self.require_reachable()
        return ListCursor(self, offset)

    async def end(self) -> int:
        self.require_reachable()
        return len(self.payloads)

    async def close(self) -> None: ...

    def require_reachable(self) -> None:
        if not self.reachable:
            raise JournalUnavailable("cut off")


class ListCursor:
    def __init__(self, journal: ListJournal, offset: int) -> None:
        self._journal = journal
        self._offset = offset

    async def fetch(self, wait_s: float) -> Sequence[JournalEntry]:
        self._journal.require_reachable()
        if self._journal.delayed:
            self._journal.delayed = False
            return []
        if self._offset > len(self._journal.payloads):
            raise JournalTruncated(f"there is no offset {self._offset}")
        found = enumerate(self._journal.payloads[self._offset :], self._offset)
        entries = [JournalEntry(offset, 0, payload) for offset, payload in found]
        self._offset += len(entries)
        if not entries:
            await asyncio.sleep(wait_s)
        return entries

    async def seek(self, offset: int) -> None:
        self._offset = offset

    async def close(self) -> None: ...
