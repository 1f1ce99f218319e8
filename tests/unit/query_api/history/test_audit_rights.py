"""What a reader learns of a chat from the history of its announcement."""

from contracts.events.booking import BookingApproved, BookingRequested
from contracts.events.post import PostDeleted, PostWritten
from contracts.values.ids import PostId
from query_api.history.audit_rights import TrailReader, select_entries
from runtime.auth.tokens import Caller
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    booking,
    created,
    person,
    published,
    seen,
)
from tests.unit.query_api.history.past import decode_past

GUESTS = ("anna", "boris")


def live() -> NotifierHistory:
    """Anna and Boris are confirmed; both and the host write, and the host deletes Boris's post."""
    history = NotifierHistory()
    history.tell(seen("host"), seen("anna"), seen("boris"), created(), published())
    for guest in GUESTS:
        history.tell(booking(BookingRequested, guest, (None, True)), by=guest)
        history.tell(booking(BookingApproved, guest, (True, True)))
    for writer in ("host", *GUESTS):
        written = PostWritten(
            announcement_id=announcement(),
            post_id=PostId(str(person(f"post of {writer}"))),
            writer_id=person(writer),
            position=history.seq + 1,
            text="Hello",
        )
        history.tell(written, by=writer)
    deleted = PostDeleted(
        announcement_id=announcement(),
        post_id=PostId(str(person("post of boris"))),
        writer_id=person("boris"),
        by="host",
    )
    history.tell(deleted)
    return history


def test_guests_apart_learn_of_no_posts_of_each_other() -> None:
    happened = list(decode_past(live().commits))
    now = {"author_id": person("host"), "my_booking_id": "b", "shows_place": True}

    def writers(reader: str, *apart: str) -> list[str]:
        trail = TrailReader(Caller(person(reader)), (), now, {person(one) for one in apart})
        facts = [one.facts for one in select_entries(happened, trail)]
        return [one["writer_id"] for one in facts if "writer_id" in one]

    host, anna, boris = (person(one) for one in ("host", *GUESTS))
    assert writers("anna") == [host, anna, boris, boris]
    assert writers("anna", "boris") == [host, anna]
    assert writers("anna", "host") == [host, anna, boris, boris]
    assert writers("host", "boris") == [host, anna, boris, boris]
