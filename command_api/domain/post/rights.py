"""Decides who takes part in a chat, and which of its posts they are shown."""

from command_api.domain.announcement.state import Announcement
from command_api.domain.layer import Layer
from command_api.domain.post.state import Post
from contracts.errors import NotFound
from contracts.values.ids import AnnouncementId, PersonId, PostId


def find_chat(layer: Layer, announcement_id: AnnouncementId, reader_id: PersonId) -> Announcement:
    """Return the announcement if the reader takes part in its chat. Raises NotFound if not."""
    announcement = layer.announcements.get(announcement_id)
    if announcement is None:
        raise NotFound
    if reader_id != announcement.author_id and not layer.is_confirmed(announcement_id, reader_id):
        raise NotFound
    return announcement


def find_post(layer: Layer, post_id: PostId, reader_id: PersonId) -> tuple[Announcement, Post]:
    """Return a post and its announcement. Raises NotFound unless the reader takes part in that
    chat and is shown the post."""
    post = layer.posts.get(post_id)
    if post is None:
        raise NotFound
    announcement = find_chat(layer, post.announcement_id, reader_id)
    if not is_shown(layer, post, reader_id):
        raise NotFound
    return announcement, post


def is_shown(layer: Layer, post: Post, reader_id: PersonId) -> bool:
    """Whether the reader, who takes part, is shown the post: not one of another guest across a
    block."""
    announcement = layer.announcements.get(post.announcement_id)
    if announcement is None or announcement.author_id in (post.writer_id, reader_id):
        return True
    return not layer.are_apart(reader_id, post.writer_id)
