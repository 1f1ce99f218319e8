"""What the writers do alike with the futures they have given out."""

from asyncio import Future
from collections.abc import Iterable

from runtime.journal.port import Appended, JournalError


def fail_appends(places: Iterable[Future[Appended]], error: JournalError) -> None:
    """Fail those that are open. Whoever does not look at one has given it up."""
    for place in places:
        if not place.done():
            place.set_exception(error)
            place.exception()
