"""§3.3, chats: members are told once that there is something new, and only if they are away."""

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingApproved, BookingLeft
from contracts.events.post import PostChanged, PostDeleted
from contracts.events.stored.domain_event import DomainEvent
from notifier.policies.effects import DIGEST_AFTER
from tests.histories.notifier_chats import an_evening_with_a_chat, read, written
from tests.histories.notifier_events import (
    announcement,
    booking,
    person,
)
from tests.unit.notifier.folded import Folded

YES, NO = True, False


def after(*events: DomainEvent) -> list[tuple[str, str, str | None]]:
    """Return who gets a digest, its state, and why it is dropped."""
    history = an_evening_with_a_chat()
    for event in events:
        history.tell(event)
    folded = Folded(history.commits)
    assert folded.letters == []
    names = {person(name): name for name in ("host", "anna", "boris", "vera")}
    rows = folded.rows("chat_digest")
    return sorted((names[row.recipient], row.state, row.reason) for row in rows)


def waiting(*names: str) -> list[tuple[str, str, str | None]]:
    return [(name, "waiting", None) for name in names]


def test_author_and_confirmed_guests_are_told_and_the_writer_is_not() -> None:
    assert after(written("anna")) == waiting("boris", "host")
    assert after(written("host")) == waiting("anna", "boris")


def test_a_digest_waits_for_more_to_come() -> None:
    history = an_evening_with_a_chat()
    history.tell(written("anna"))
    assert {
        row.due_at - row.happened_at for row in Folded(history.commits).rows("chat_digest")
    } == {DIGEST_AFTER}


def test_nobody_is_told_again_before_they_have_read() -> None:
    assert after(written("anna"), written("anna", 2)) == waiting("boris", "host")


def test_who_reads_is_not_told_and_is_told_of_what_comes_later() -> None:
    dropped = ("boris", "dropped", "read")
    assert after(written("anna"), read("boris")) == [dropped, *waiting("host")]
    again = after(written("anna"), read("boris"), written("anna", 2))
    assert again == [dropped, *waiting("boris", "host")]


def test_who_writes_is_there_as_well() -> None:
    told = after(written("anna"), written("boris", 2))
    assert told == [("anna", "waiting", None), ("boris", "dropped", "read"), *waiting("host")]


def test_who_leaves_is_not_told_and_who_comes_back_is() -> None:
    left = booking(BookingLeft, "boris", (YES, NO))
    back = booking(BookingApproved, "boris", (YES, YES))
    dropped = ("boris", "dropped", "not_coming")
    assert after(written("anna"), left, written("anna", 2)) == [dropped, *waiting("host")]
    told = after(written("anna"), left, back, written("anna", 2))
    assert told == [dropped, *waiting("boris", "host")]


def test_changing_and_deleting_a_post_is_told_to_nobody() -> None:
    post = written("anna")
    changed = PostChanged(
        announcement_id=announcement(), post_id=post.post_id, writer_id=person("anna"), text="Hi."
    )
    deleted = PostDeleted(
        announcement_id=announcement(), post_id=post.post_id, writer_id=person("anna"), by="writer"
    )
    assert after(changed, deleted) == []


def test_what_was_told_while_the_journal_is_read_again_is_not_told_again() -> None:
    history = an_evening_with_a_chat()
    seq = history.tell(written("anna"))
    history.tell(written("anna", 2))
    assert Folded(history.commits, told_seq=seq).rows("chat_digest") == []


def test_a_chat_goes_on_after_a_cancellation() -> None:
    cancelled = AnnouncementCancelled(announcement_id=announcement(), version=4, by="author")
    assert after(cancelled, written("anna")) == waiting("boris", "host")


def test_a_digest_says_nothing_of_the_texts() -> None:
    history = an_evening_with_a_chat()
    history.tell(written("anna"))
    assert "Hello" not in repr([row.facts for row in Folded(history.commits).rows("chat_digest")])
