"""Chats: who writes, changes and deletes what, until when, and how far people have read."""

from typing import Any, Final

import msgspec
import pytest

from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.domain.post.representation import count_unread
from command_api.domain.post.state import digest_text
from contracts.errors import Forbidden, NotFound
from contracts.events.post import PostChanged, PostDeleted, PostsRead, PostWritten
from contracts.representations import UNREAD_MAX
from contracts.values.ids import PersonId, PostId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    DUE,
    OVER,
    STRANGER,
    Spec,
    announce,
    ask,
    cancel,
    due,
    say,
)

READ_ONLY: Final = OVER + 14 * 24
NEWEST: Final = 2**62


def post_id(writer: PersonId, number: int = 1) -> PostId:
    return PostId(f"{writer}'s {number}")


def write(writer: PersonId, number: int = 1, text: str = "Hello.") -> WritePost:
    return WritePost(announcement_id=ANNOUNCEMENT, post_id=post_id(writer, number), text=text)


def change(writer: PersonId, text: str = "Hello, all.") -> ChangePost:
    return ChangePost(post_id=post_id(writer), text=text)


def delete(writer: PersonId, number: int = 1) -> DeletePost:
    return DeletePost(post_id=post_id(writer, number))


def read(position: int = NEWEST) -> ReadPosts:
    return ReadPosts(announcement_id=ANNOUNCEMENT, position=position)


def unread(spec: Spec, reader: PersonId) -> int:
    return count_unread(spec.layer, ANNOUNCEMENT, reader)


def position_of(spec: Spec, writer: PersonId, number: int = 1) -> int:
    post = spec.layer.posts.get(post_id(writer, number))
    assert post is not None
    return post.position


@pytest.fixture
def spec() -> Spec:
    """An evening with the guests Ann and Ben; Cat's request is open."""
    return (
        Spec()
        .given(AUTHOR, announce(seats=2))
        .given(ANN, ask(ANN))
        .given(BEN, ask(BEN))
        .given(AUTHOR, say(True, ANN), say(True, BEN))
        .given(CAT, ask(CAT))
    )


@pytest.mark.parametrize("writer", [AUTHOR, ANN])
def test_the_author_and_a_confirmed_guest_write(spec: Spec, writer: PersonId) -> None:
    spec.when(writer, write(writer, text="Tea?"))
    assert spec.decision.outcome.created
    assert spec.decision.outcome.post_id == post_id(writer)
    spec.then((PostWritten, {"writer_id": writer, "text": "Tea?", "post_id": post_id(writer)}))


COMMANDS: Final[tuple[Any, ...]] = (write(STRANGER), change(ANN), delete(ANN), read())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("actor", [CAT, STRANGER])
def test_for_anybody_else_there_is_no_chat(spec: Spec, actor: PersonId, command: Any) -> None:
    spec.given(ANN, write(ANN)).when(actor, command).then_fails(NotFound)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_guest_who_left_or_was_removed_has_no_part_in_it(spec: Spec, command: Any) -> None:
    spec.given(ANN, write(ANN), say(False, ANN)).given(AUTHOR, say(False, BEN))
    for gone in (ANN, BEN):
        spec.when(gone, command).then_fails(NotFound)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_super_user_takes_no_part_in_it(spec: Spec, command: Any) -> None:
    spec.given(ANN, write(ANN)).when(STRANGER, command, is_super=True).then_fails(NotFound)


def test_a_missing_post_is_as_a_hidden_one(spec: Spec) -> None:
    for command in (change(CAT), delete(CAT)):
        spec.when(ANN, command).then_fails(NotFound)


def test_a_writer_changes_the_text(spec: Spec) -> None:
    spec.given(ANN, write(ANN)).when(ANN, change(ANN, "Hi."))
    spec.then((PostChanged, {"post_id": post_id(ANN), "text": "Hi."}))


def test_the_same_text_again_adds_nothing(spec: Spec) -> None:
    spec.given(ANN, write(ANN, text="Hi.")).when(ANN, change(ANN, "Hi.")).then_nothing()


@pytest.mark.parametrize("actor", [AUTHOR, BEN])
def test_nobody_changes_the_post_of_another(spec: Spec, actor: PersonId) -> None:
    spec.given(ANN, write(ANN)).when(actor, change(ANN)).then_fails(Forbidden)


@pytest.mark.parametrize(("actor", "by"), [(ANN, "writer"), (AUTHOR, "host")])
def test_writer_and_author_delete_a_post_once(spec: Spec, actor: PersonId, by: str) -> None:
    spec.given(ANN, write(ANN)).when(actor, delete(ANN)).then((PostDeleted, {"by": by}))
    spec.when(actor, delete(ANN)).then_nothing()
    spec.when(ANN, change(ANN)).then_refused("post_deleted")


def test_another_guest_deletes_no_post(spec: Spec) -> None:
    spec.given(ANN, write(ANN)).when(BEN, delete(ANN)).then_fails(Forbidden)


@pytest.mark.parametrize("end", ["over", "cancelled"])
def test_two_weeks_after_its_end_a_chat_is_only_read(spec: Spec, end: str) -> None:
    spec.given(ANN, write(ANN), write(ANN, 2)).given(AUTHOR, delete(ANN, 2)).at(OVER)
    if end == "cancelled":
        spec.at(2).given(AUTHOR, cancel()).at(2 + 14 * 24)
    else:
        due(spec, DUE).then((type(spec.decision.events[0]), {}))
        spec.at(READ_ONLY)
    for command in (write(ANN, 3), change(ANN), delete(ANN)):
        spec.when(ANN, command).then_refused("chat_closed")
    spec.when(ANN, change(ANN, "Hello.")).then_nothing()
    spec.when(ANN, delete(ANN, 2)).then_nothing()
    spec.when(AUTHOR, read()).then((PostsRead, {}))


def test_a_chat_is_written_in_for_two_weeks_after_the_end(spec: Spec) -> None:
    due(spec.given(ANN, write(ANN)).at(OVER), DUE).then((type(spec.decision.events[0]), {}))
    spec.at(READ_ONLY - 1).given(ANN, write(ANN, 2), change(ANN), delete(ANN))


def test_a_mark_only_advances_and_stops_at_the_newest_post(spec: Spec) -> None:
    spec.when(BEN, read()).then_nothing()
    spec.given(ANN, write(ANN), write(ANN, 2))
    spec.when(BEN, read(position_of(spec, ANN))).then((PostsRead, {"reader_id": BEN}))
    assert unread(spec, BEN) == 1
    newest = position_of(spec, ANN, 2)
    spec.when(BEN, read()).then((PostsRead, {"position": newest}))
    spec.when(BEN, read(0)).then_nothing()
    spec.when(BEN, read()).then_nothing()
    assert unread(spec, BEN) == 0


def test_posts_by_others_are_unread_until_they_are_deleted(spec: Spec) -> None:
    spec.given(ANN, write(ANN), write(ANN, 2)).given(BEN, write(BEN))
    assert [unread(spec, reader) for reader in (ANN, BEN, AUTHOR)] == [1, 2, 3]
    spec.given(ANN, delete(ANN))
    assert [unread(spec, reader) for reader in (ANN, BEN, AUTHOR)] == [1, 1, 2]


def test_only_the_newest_posts_are_counted(spec: Spec) -> None:
    spec.given(ANN, *(write(ANN, number) for number in range(UNREAD_MAX + 5)))
    assert unread(spec, BEN) == UNREAD_MAX


def test_the_image_holds_no_text(spec: Spec) -> None:
    spec.given(ANN, write(ANN, text="secret"), change(ANN, "more secret"))
    assert b"secret" not in msgspec.json.encode(list(spec.layer.posts.own.values()))


def test_equal_texts_of_two_posts_have_different_digests() -> None:
    assert digest_text(post_id(ANN), "Yes.") != digest_text(post_id(BEN), "Yes.")
