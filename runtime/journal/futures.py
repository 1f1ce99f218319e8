"""Fails the futures of appends, for all writers."""

from asyncio import Future
from collections.abc import Iterable

from runtime.journal.port import Appended, JournalError


def fail_appends(appends: Iterable[Future[Appended]], error: JournalError) -> None:
    """Fail the futures that are still open. Nobody has to look at the error."""
    for append in appends:
        if not append.done():
            append.set_exception(error)
            append.exception()
