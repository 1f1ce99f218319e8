"""The commands about the chat of an announcement."""

from msgspec import Struct

from contracts.values.ids import AnnouncementId, PostId


class WritePost(Struct, frozen=True, kw_only=True, tag="post.write"):
    """The actor writes a post. The route has checked the text."""

    announcement_id: AnnouncementId
    post_id: PostId
    text: str


class ChangePost(Struct, frozen=True, kw_only=True, tag="post.change"):
    post_id: PostId
    text: str


class DeletePost(Struct, frozen=True, kw_only=True, tag="post.delete"):
    post_id: PostId


class ReadPosts(Struct, frozen=True, kw_only=True, tag="posts.read"):
    """The actor has read a chat up to a position."""

    announcement_id: AnnouncementId
    position: int


AnyPostCommand = WritePost | ChangePost | DeletePost | ReadPosts
