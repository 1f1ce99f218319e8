"""Decides which posts of a chat somebody who takes part in it is shown."""

from command_api.domain.layer import Layer
from command_api.domain.post.state import Post
from contracts.values.ids import PersonId


def is_shown(layer: Layer, post: Post, reader_id: PersonId) -> bool:
    """Whether the reader, who takes part, is shown the post: not one of another guest across a
    block."""
    announcement = layer.announcements.get(post.announcement_id)
    if announcement is None or announcement.author_id in (post.writer_id, reader_id):
        return True
    return not layer.person(reader_id).is_apart_from(layer.person(post.writer_id))
