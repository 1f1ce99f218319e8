"""Fails the futures of appends, and says which entries no writer takes."""

from asyncio import Future
from collections.abc import Iterable

from runtime.journal.port import Appended, EntryTooLarge, JournalError


def find_excess(payload: bytes, bytes_max: int) -> EntryTooLarge | None:
    """Return the error of an entry that has more bytes than that; None if it has not."""
    if len(payload) <= bytes_max:
        return None
    return EntryTooLarge(f"{len(payload)} bytes, {bytes_max} at most")


def fail_appends(appends: Iterable[Future[Appended]], error: JournalError) -> None:
    """Fail the futures that are still open. Nobody has to look at the error."""
    for append in appends:
        if not append.done():
            append.set_exception(error)
            append.exception()
