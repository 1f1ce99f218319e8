"""Carries the records of a closed or still growing log over to the next one.

Everything sent is read back before more is sent, so what is missing is noticed at once. A Claim
and the last record travel alone: each is sent only when all before it has been read back, and
the next only after it. Therefore no reader of the new log can see a later term without the
earlier ones, whatever is lost or comes late, and whoever finds the last record knows that the
log is whole.

Several processes may finish the same log at the same time. They write the same bytes, and
what is there already does not count (R2).
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import Claim, Commit, Moved, Renewal, encode_record
from contracts.journal.renewal import RenewedRecord, Renewing, UpdateCommand, find_erased
from contracts.values.ids import PersonId
from runtime.journal.port import Journal, JournalWriter
from runtime.journal.tail import Accepted, Tail

PART_RECORDS_MAX: Final = 100
"""So few records are renewed at once that commands hardly wait for it."""
NEAR_RECORDS: Final = 500
"""A copy has caught up if no more records are missing. They are carried over in no time."""
FETCH_WAIT_S: Final = 0.1
SETTLE_S_MAX: Final = 15.0


class CopyFailed(Exception):
    """The new log does not have what was sent to it. It can be tried again from what it has."""


class Copy:
    """One attempt to carry everything over from `old` to `new`."""

    def __init__(self, old: Journal, new: Journal, update_command: UpdateCommand) -> None:
        self._old = old
        self._new = new
        self._update_command = update_command
        self._echo = Tail(new, pinned=True)
        self.position = 0
        """`seq` of the newest record that was carried over."""

    async def begin(self, header: Renewal) -> None:
        """Write the first entry of the new log, which exists and is empty. Raises JournalError."""
        writer = await self._new.open_writer()
        try:
            async with asyncio.timeout(SETTLE_S_MAX):
                await writer.append(encode_record(header))
        except TimeoutError as error:
            raise CopyFailed("the first entry is not acknowledged") from error
        finally:
            await writer.close()

    async def run(self, head: Callable[[], int], caught_up: asyncio.Event) -> None:
        """Go on from what the new log has. Returns when the last record is there: the one that
        stands for the old log's Moved. Sets `caught_up` once it is near `head()`.

        Raises CopyFailed, JournalError, and JournalBroken if the old log cannot be trusted.
        """
        reading = Tail(self._old, pinned=True)
        writer = await self._new.open_writer()
        try:
            renewing = await self._resume()
            while reading.moved_to is None:
                fetched = await reading.fetch(FETCH_WAIT_S)
                begun_at = renewing.state.seq
                missing = [one for one in fetched if one.position.state.seq > begun_at]
                for part in cut_at_terms(missing):
                    renewed = [renewing.renew(one.record, one.position.state) for one in part]
                    await self._send(writer, renewed)
                self.position = reading.position.state.seq
                if head() - self.position <= NEAR_RECORDS and reading.available:
                    caught_up.set()
        finally:
            await writer.close()
            await reading.close()
            await self._echo.close()

    async def _resume(self) -> Renewing:
        """Read what the new log has."""
        end = await self._new.end()
        while self._echo.seen_offset < end - 1:
            await self._read_echo()
        header, state = self._echo.renewal, self._echo.position.state
        if header is None:
            raise CopyFailed("the new log has no first entry")
        erasures = await self._find_erasures(header.base_seq) if header.base_seq else {}
        return Renewing(state, erasures, self._update_command)

    async def _find_erasures(self, base_seq: int) -> dict[PersonId, int]:
        """Return the erased persons, each with the position of the last erasure up to the base."""
        erasures: dict[PersonId, int] = {}
        tail = Tail(self._old, pinned=True)
        try:
            while tail.position.state.seq < base_seq:
                for one in await tail.fetch(FETCH_WAIT_S):
                    if isinstance(one.record, Commit) and one.record.seq <= base_seq:
                        erasures.update(dict.fromkeys(find_erased(one.record), one.record.seq))
                await asyncio.sleep(0)
        finally:
            await tail.close()
        return erasures

    async def _send(self, writer: JournalWriter, part: Sequence[RenewedRecord]) -> None:
        """Send the records, and return once they are acknowledged and read back."""
        appended = [writer.append(one.payload) for one in part]
        try:
            async with asyncio.timeout(SETTLE_S_MAX):
                for one in appended:
                    await one
                await self._read_back({one.state.seq: one.state.hash for one in part})
        except TimeoutError as error:
            raise CopyFailed(f"record {part[-1].state.seq} is not read back") from error

    async def _read_back(self, sent: dict[int, str]) -> None:
        newest = max(sent)
        while self._echo.position.state.seq < newest:
            for one in await self._read_echo():
                state = one.position.state
                if sent.get(state.seq, state.hash) != state.hash:
                    raise CopyFailed(f"record {state.seq} was carried over otherwise")

    async def _read_echo(self) -> Sequence[Accepted]:
        try:
            return await self._echo.fetch(FETCH_WAIT_S)
        except JournalBroken as error:
            raise CopyFailed(f"the new log is broken: {error}") from error


def cut_at_terms(records: Sequence[Accepted]) -> Iterator[Sequence[Accepted]]:
    """Cut the records into small parts. A Claim and a Moved are a part of their own."""
    part: list[Accepted] = []
    for one in records:
        alone = isinstance(one.record, Claim | Moved)
        if part and (alone or len(part) == PART_RECORDS_MAX):
            yield part
            part = []
        part.append(one)
        if alone:
            yield part
            part = []
    if part:
        yield part
