"""Represents a post to the person who sent a command about it, and what they have yet to read."""

from itertools import islice, takewhile
from typing import Final

from command_api.domain.layer import Layer
from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.domain.post.rights import is_shown
from command_api.domain.representation import AnswerBasis, Answers
from contracts.representations import UNREAD_MAX, PostResponse, UnreadResponse
from contracts.values.ids import AnnouncementId, PersonId


def count_unread(layer: Layer, announcement_id: AnnouncementId, reader_id: PersonId) -> int:
    """Return how many posts of others there are behind the reader's mark, among the newest
    UNREAD_MAX."""
    mark = layer.read_mark(announcement_id, reader_id)
    newest = islice(layer.posts_of(announcement_id), UNREAD_MAX)
    unread = takewhile(lambda post: post.position > mark, newest)
    return sum(
        post.writer_id != reader_id and not post.deleted and is_shown(layer, post, reader_id)
        for post in unread
    )


def _answer_with_post(basis: AnswerBasis) -> PostResponse:
    """Return the post with the text of the command: the layer has none. So a repeated answer shows
    what its own request said, unless the post is deleted by now."""
    post_id, command = basis.outcome.post_id, basis.submission.command
    assert post_id is not None
    assert isinstance(command, WritePost | ChangePost | DeletePost)
    post = basis.layer.posts.find(post_id)
    text = None if post.deleted or isinstance(command, DeletePost) else command.text
    return PostResponse(
        post_id=post.id,
        announcement_id=post.announcement_id,
        author_id=post.writer_id,
        author_name=basis.layer.person(post.writer_id).name,
        text=text,
        created=post.created_at,
        modified=post.modified_at,
        deleted=post.deleted,
        position=post.position,
    )


def _answer_with_unread(basis: AnswerBasis) -> UnreadResponse:
    assert isinstance(basis.submission.command, ReadPosts)
    announcement_id = basis.submission.command.announcement_id
    unread = count_unread(basis.layer, announcement_id, basis.submission.actor)
    return UnreadResponse(unread)


POST_ANSWERS: Final[Answers] = {
    WritePost: _answer_with_post,
    ChangePost: _answer_with_post,
    DeletePost: _answer_with_post,
    ReadPosts: _answer_with_unread,
}
