"""The state of a post: what the rules need of it, which is not its text."""

from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from contracts.values.ids import AnnouncementId, PersonId, PostId

_DIGEST_CHARS = 32


class Post(Struct, frozen=True, kw_only=True, gc=False):
    """A post in the chat of an announcement. The tables have its text."""

    id: PostId
    announcement_id: AnnouncementId
    writer_id: PersonId
    position: int
    """Position at which it was written, which is its place in the chat."""
    text_digest: str
    """Tells whether a change changes the text. Empty once the post is deleted."""
    created_at: datetime
    modified_at: datetime
    previous: PostId | None
    """The post written before this one in the same chat."""
    previous_of_writer: PostId | None
    """The post that its writer wrote before this one, in any chat."""

    @property
    def deleted(self) -> bool:
        return not self.text_digest


def digest_text(post_id: PostId, text: str) -> str:
    """Return a digest of the text of a post. Equal texts of two posts have different ones."""
    return sha256(f"{post_id} {text}".encode()).hexdigest()[:_DIGEST_CHARS]
