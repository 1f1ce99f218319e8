"""Decides the commands about chats: write, change, delete, and how far somebody has read.

The author of an announcement and its confirmed guests have a chat. For everybody else there is
none. It can be written in until some time after the announcement has ended, and read for ever.
"""

from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.domain.post.rights import is_shown
from command_api.domain.post.state import Post, digest_text
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Forbidden, NotFound
from contracts.events.post import CHAT_WINDOW, PostChanged, PostDeleted, PostsRead, PostWritten
from contracts.journal.records import Outcome
from contracts.values.ids import AnnouncementId, PostId


def write_post(recorder: Recorder, command: WritePost) -> Outcome:
    """Write a post for the actor."""
    announcement = _find_chat(recorder, command.announcement_id)
    _demand_open(recorder, announcement)
    recorder.record(
        PostWritten(
            announcement_id=announcement.id,
            post_id=command.post_id,
            writer_id=recorder.actor,
            position=recorder.position,
            text=command.text,
        )
    )
    return Outcome(
        "post_written", created=True, announcement_id=announcement.id, post_id=command.post_id
    )


def change_post(recorder: Recorder, command: ChangePost) -> Outcome:
    """Change the text of the actor's own post. The same text again adds nothing."""
    announcement, post = _find_post(recorder, command.post_id)
    if post.writer_id != recorder.actor:
        raise Forbidden
    if post.deleted:
        raise CommandRefused("post_deleted")
    code = "unchanged"
    if digest_text(post.id, command.text) != post.text_digest:
        _demand_open(recorder, announcement)
        recorder.record(
            PostChanged(
                announcement_id=announcement.id,
                post_id=post.id,
                writer_id=post.writer_id,
                text=command.text,
            )
        )
        code = "post_changed"
    return Outcome(code, announcement_id=announcement.id, post_id=post.id)


def delete_post(recorder: Recorder, command: DeletePost) -> Outcome:
    """Delete a post for its writer, or any post for the author of the announcement. Repeating it
    adds nothing."""
    announcement, post = _find_post(recorder, command.post_id)
    if recorder.actor not in (post.writer_id, announcement.author_id):
        raise Forbidden
    if not post.deleted:
        _demand_open(recorder, announcement)
        recorder.record(
            PostDeleted(
                announcement_id=announcement.id,
                post_id=post.id,
                writer_id=post.writer_id,
                by="writer" if recorder.actor == post.writer_id else "host",
            )
        )
    return Outcome("post_deleted", announcement_id=announcement.id, post_id=post.id)


def read_posts(recorder: Recorder, command: ReadPosts) -> Outcome:
    """Note how far the actor has read. Adds nothing if they had read as far before."""
    announcement = _find_chat(recorder, command.announcement_id)
    newest = next(recorder.layer.posts_of(announcement.id), None)
    reached = min(command.position, newest.position if newest is not None else 0)
    if reached > recorder.layer.read_mark(announcement.id, recorder.actor):
        recorder.record(
            PostsRead(announcement_id=announcement.id, reader_id=recorder.actor, position=reached)
        )
    return Outcome("posts_read")  # Without ids: the author of the announcement reads its decisions.


POST_HANDLERS: Final[Handlers] = (
    pair_handler(WritePost, write_post),
    pair_handler(ChangePost, change_post),
    pair_handler(DeletePost, delete_post),
    pair_handler(ReadPosts, read_posts),
)


def _find_chat(recorder: Recorder, announcement_id: AnnouncementId) -> Announcement:
    """Return the announcement if the actor has a part in its chat. Raises NotFound if not."""
    announcement = recorder.announcement(announcement_id)
    if recorder.actor != announcement.author_id:
        booking = recorder.layer.booking_of(announcement_id, recorder.actor)
        if booking is None or not booking.confirmed:
            raise NotFound
    return announcement


def _find_post(recorder: Recorder, post_id: PostId) -> tuple[Announcement, Post]:
    """Return a post and its announcement. Raises NotFound unless the actor has a part in that
    chat and is shown the post."""
    post = recorder.layer.posts.get(post_id)
    if post is None:
        raise NotFound
    announcement = _find_chat(recorder, post.announcement_id)
    if not is_shown(recorder.layer, post, recorder.actor):
        raise NotFound
    return announcement, post


def _demand_open(recorder: Recorder, announcement: Announcement) -> None:
    """Raises CommandRefused `chat_closed` if the chat can only be read. The last change of an
    announcement is that it is recorded as over or cancelled."""
    closes_at = announcement.modified_at + CHAT_WINDOW
    if announcement.has_ended and closes_at <= recorder.now:
        raise CommandRefused("chat_closed", {"closed_at": closes_at})
