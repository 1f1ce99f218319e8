"""An evening whose people write in its chat, as the notifier hears of it."""

from contracts.events.booking import BookingApproved, BookingRequested
from contracts.events.post import PostsRead, PostWritten
from contracts.values.ids import PostId
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    booking,
    created,
    person,
    published,
    seen,
)

YES, NO = True, False


def written(by: str, number: int = 1) -> PostWritten:
    return PostWritten(
        announcement_id=announcement(),
        post_id=PostId(person(f"post {number}")),
        writer_id=person(by),
        position=number,
        text="Hello.",
    )


def read(by: str) -> PostsRead:
    return PostsRead(announcement_id=announcement(), reader_id=person(by), position=1)


def an_evening_with_a_chat() -> NotifierHistory:
    """Anna and Boris are confirmed, Vera asks."""
    history = NotifierHistory()
    history.tell(seen("host"), created(), published())
    for guest in ("anna", "boris", "vera"):
        history.tell(booking(BookingRequested, guest, (None, YES)), by=guest)
    for guest in ("anna", "boris"):
        history.tell(booking(BookingApproved, guest, (YES, YES)))
    return history
