"""Decides the commands about chats: write, change, delete, and how far somebody has read.

The author of an announcement and its confirmed guests have a chat. For everybody else there is
none. It can be written in until some time after the announcement has ended, and read for ever.
"""

from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.domain.post.rights import find_chat, find_post
from command_api.domain.post.state import digest_text
from command_api.domain.recorder import Handlers, Recorder, pair_handler
from contracts.errors import CommandRefused, Forbidden
from contracts.events.post import CHAT_WINDOW, PostChanged, PostDeleted, PostsRead, PostWritten
from contracts.journal.records import Outcome


def write_post(recorder: Recorder, command: WritePost) -> Outcome:
    """Write a post for the actor."""
    announcement = find_chat(recorder.layer, command.announcement_id, recorder.actor)
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
    announcement, post = find_post(recorder.layer, command.post_id, recorder.actor)
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
    announcement, post = find_post(recorder.layer, command.post_id, recorder.actor)
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
    announcement = find_chat(recorder.layer, command.announcement_id, recorder.actor)
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


def _demand_open(recorder: Recorder, announcement: Announcement) -> None:
    """Raises CommandRefused `chat_closed` if the chat can only be read. The last change of an
    announcement is that it is recorded as over or cancelled."""
    closes_at = announcement.modified_at + CHAT_WINDOW
    if announcement.has_ended and closes_at <= recorder.now:
        raise CommandRefused("chat_closed", {"closed_at": closes_at})
