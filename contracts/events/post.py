"""Events of posts: what author and confirmed guests of an announcement write to each other.

Every field is storage format (`contracts.events.stored.base`). A post is made once, may be changed
by its writer, and leaves a tombstone once it is deleted.
"""

from datetime import timedelta
from typing import Final, Literal

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, PersonId, PostId
from contracts.values.personal import WordsOfActor

POST_CHARS_MAX: Final = 4_000

CHAT_WINDOW: Final = timedelta(days=14)
"""How long after the end of an announcement, or its cancellation, its chat can be written in."""

DeletedBy = Literal["writer", "host"]
"""The one who deleted a post: its writer, or the announcement's author. The author's own post is
deleted by its writer."""


class PostEvent(Event, frozen=True, kw_only=True):
    """The family of a chat's events."""

    announcement_id: AnnouncementId


class PostWritten(PostEvent, frozen=True, kw_only=True, tag="post.written.v1"):
    """The author or a confirmed guest wrote a post."""

    post_id: PostId
    writer_id: PersonId
    position: int
    """Position of the Commit: the post's place among all others, also once it is changed."""
    text: WordsOfActor


class PostChanged(PostEvent, frozen=True, kw_only=True, tag="post.changed.v1"):
    """The writer changed a post. The text is the one that the post has now."""

    post_id: PostId
    writer_id: PersonId
    text: WordsOfActor


class PostDeleted(PostEvent, frozen=True, kw_only=True, tag="post.deleted.v1"):
    """A post was deleted. Nobody is told its text any more; that there was a post is."""

    post_id: PostId
    writer_id: PersonId
    by: DeletedBy


class PostsRead(PostEvent, frozen=True, kw_only=True, tag="posts.read.v1"):
    """A person has read a chat further than before."""

    reader_id: PersonId
    position: int
    """Position of the newest post read."""


AnyPostEvent = PostWritten | PostChanged | PostDeleted | PostsRead
