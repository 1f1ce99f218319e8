"""Applies the events of posts to the layer: to the post, its chat, and how far people have read."""

from datetime import datetime

from msgspec.structs import replace

from command_api.domain.layer import Layer
from command_api.domain.post.state import Post, digest_text
from contracts.events.post import AnyPostEvent, PostChanged, PostDeleted, PostsRead, PostWritten
from contracts.values.ids import PersonId, PostId
from contracts.values.personal import HIDDEN_TEXT


def apply_post_event(layer: Layer, event: AnyPostEvent, at: datetime, _actor: PersonId) -> None:
    """Raises LookupError if the event names a post that was never written, or writes one again: it
    would come to stand before itself in its chains."""
    match event:
        case PostWritten():
            _write_post(layer, event, at)
        case PostChanged():
            digest = digest_text(event.post_id, event.text)
            _update_digest(layer, event.post_id, digest, at)
        case PostDeleted():
            _update_digest(layer, event.post_id, "", at)
        case PostsRead():
            layer.read_marks.put((event.announcement_id, event.reader_id), event.position)


def hide_post(layer: Layer, post_id: PostId) -> None:
    """Apply that the text was hidden: writing it again is then a change. A post that is deleted
    stays deleted. Raises LookupError if there never was such a post."""
    post = layer.posts.find(post_id)
    if not post.deleted:
        layer.posts.put(post_id, replace(post, text_digest=digest_text(post_id, HIDDEN_TEXT)))


def _write_post(layer: Layer, event: PostWritten, at: datetime) -> None:
    layer.posts.demand_new(event.post_id)
    writer = layer.person(event.writer_id)
    post = Post(
        id=event.post_id,
        announcement_id=event.announcement_id,
        writer_id=event.writer_id,
        position=event.position,
        text_digest=digest_text(event.post_id, event.text),
        created_at=at,
        modified_at=at,
        previous=layer.newest_of_chat.get(event.announcement_id),
        previous_of_writer=writer.newest_post,
    )
    layer.posts.put(post.id, post)
    layer.newest_of_chat.put(post.announcement_id, post.id)
    layer.people.put(writer.id, replace(writer, newest_post=post.id))


def _update_digest(layer: Layer, post_id: PostId, digest: str, at: datetime) -> None:
    post = layer.posts.find(post_id)
    layer.posts.put(post_id, replace(post, text_digest=digest, modified_at=at))
