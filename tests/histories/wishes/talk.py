"""Chooses what random people write: posts in chats, and broadcasts to guests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from command_api.domain.broadcast.commands import CancelBroadcast, ChangeBroadcast, WriteBroadcast
from command_api.domain.layer import Layer
from command_api.domain.post.commands import ChangePost, DeletePost, ReadPosts, WritePost
from command_api.domain.submission import AnyCommand
from contracts.values.ids import BroadcastId, PersonId, PostId


def choose_post(
    dice: Random, layer: Layer, person_ids: Sequence[PersonId], _: datetime
) -> tuple[PersonId, AnyCommand] | None:
    """Return what somebody does in a chat; sometimes it is not their chat, or not their post.
    Returns None if nobody has announced anything yet."""
    if not layer.announcements.own:
        return None
    announcement = dice.choice(list(layer.announcements.own.values())[-6:])
    members = [one.guest_id for one in layer.bookings_of(announcement) if one.confirmed]
    actor = dice.choice([announcement.author_id, *members, dice.choice(person_ids)])
    posts = list(layer.posts_of(announcement.id))
    chance, text = dice.random(), dice.choice(("Who brings tea?", "I am late.", "Me!"))
    if not posts or chance < 0.4:
        post_id = PostId(str(UUID(int=dice.getrandbits(128), version=4)))
        return actor, WritePost(announcement_id=announcement.id, post_id=post_id, text=text)
    post = dice.choice(posts)
    if chance < 0.6:
        return dice.choice([actor, post.writer_id]), ChangePost(post_id=post.id, text=text)
    if chance < 0.7:
        return actor, DeletePost(post_id=post.id)
    return actor, ReadPosts(announcement_id=announcement.id, position=post.position)


def choose_broadcast(
    dice: Random, layer: Layer, _: Sequence[PersonId], now: datetime
) -> tuple[PersonId, AnyCommand] | None:
    """Let an author write to guests, or change their mind. Returns None if there is none."""
    announcements = [one for one in layer.announcements.own.values() if one.takes_place]
    if not announcements:
        return None
    announcement = dice.choice(announcements)
    planned = [one.id for one in layer.broadcasts_of(announcement) if one.planned]
    if planned and dice.random() < 0.3:
        return announcement.author_id, CancelBroadcast(
            announcement_id=announcement.id, broadcast_id=planned[0]
        )
    if planned and dice.random() < 0.3:
        change = ChangeBroadcast(
            announcement_id=announcement.id, broadcast_id=planned[0], text="Bring cake."
        )
        return announcement.author_id, change
    new_id = BroadcastId(str(UUID(int=dice.getrandbits(128), version=4)))
    at = dice.choice((None, now + timedelta(minutes=30)))
    return announcement.author_id, WriteBroadcast(
        announcement_id=announcement.id,
        broadcast_id=new_id,
        text="The door is open.",
        to=("confirmed", dice.choice(("requested", "invited", "waitlisted"))),
        at=at,
        before_start_min=None if at is not None else dice.choice((None, 10)),
    )
