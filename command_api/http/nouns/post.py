"""The write routes of a chat, with their bodies."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.http.bodies import NoBody, WriteBody
from command_api.http.noun_routes import NounRoutes, WriteRequest
from contracts.events.post import POST_CHARS_MAX
from contracts.representations import PostResponse, UnreadResponse
from contracts.values.ids import AnnouncementId, PostId, new_id
from contracts.values.text import clean_lines, demand_visible

ROUTES: Final = NounRoutes()

POSITION_MAX: Final = 2**63 - 1


def _clean_post(text: str) -> str:
    """Return the text of a post, without blanks at its ends. Raises ValueError."""
    return demand_visible(clean_lines(text).strip())


PostText = Annotated[str, StringConstraints(max_length=POST_CHARS_MAX), AfterValidator(_clean_post)]
ReadTo = Annotated[int, Field(ge=0, le=POSITION_MAX)]


class PostBody(WriteBody):
    text: PostText


class ReadPostsBody(WriteBody):
    """`position` is that of the newest post read; a larger one means all there are."""

    position: ReadTo


@ROUTES.write("POST", "/announcement/{announcement_id}/posts", PostBody, PostResponse, created=True)
async def write_post(request: WriteRequest[PostBody]) -> WritePost:
    """Write in the chat of an announcement, as its author or a confirmed guest. It can be
    written in until 14 days after the announcement is over or cancelled."""
    return WritePost(
        announcement_id=AnnouncementId(request.path_id("announcement_id")),
        post_id=PostId(new_id()),
        text=request.body.text,
    )


@ROUTES.write("PUT", "/post/{post_id}", PostBody, PostResponse)
async def change_post(request: WriteRequest[PostBody]) -> ChangePost:
    """Change the text of a post of one's own."""
    return ChangePost(post_id=PostId(request.path_id("post_id")), text=request.body.text)


@ROUTES.write("DELETE", "/post/{post_id}", NoBody, PostResponse)
async def delete_post(request: WriteRequest[NoBody]) -> DeletePost:
    """Delete a post of one's own, or any post of one's own announcement. It stays in the chat
    without its text."""
    return DeletePost(post_id=PostId(request.path_id("post_id")))


@ROUTES.write("PUT", "/announcement/{announcement_id}/posts/read", ReadPostsBody, UnreadResponse)
async def mark_posts_read(request: WriteRequest[ReadPostsBody]) -> ReadPosts:
    """Note how far one has read a chat. A position before the one noted changes nothing."""
    announcement_id = AnnouncementId(request.path_id("announcement_id"))
    return ReadPosts(announcement_id=announcement_id, position=request.body.position)
