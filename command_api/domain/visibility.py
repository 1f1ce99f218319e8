"""Who may see an announcement. For everybody else it does not exist."""

from command_api.domain.commands import (
    AnswerBooking,
    Body,
    ChangeAnnouncement,
    InviteGuests,
    RequestBooking,
)
from command_api.domain.state import Announcement, Layer
from contracts.errors import Forbidden, NeedsFact, NotFound
from contracts.ids import PersonId


def demand_visible(
    world: Layer, announcement: Announcement, viewer: PersonId, *, follows_author: bool | None
) -> None:
    """Raises NotFound where `viewer` may not see the announcement, NeedsFact where that
    hangs on whether they follow the author, which was not looked up."""
    if viewer == announcement.author_id:
        return
    if announcement.status == "Created":
        raise NotFound
    if world.booking_of(announcement.id, viewer) is not None:
        return
    if announcement.status == "Cancelled" or announcement.visibility == "invite":
        raise NotFound
    if announcement.visibility == "subscribers":
        if follows_author is None:
            raise NeedsFact({"follows": [announcement.author_id, viewer]})
        if not follows_author:
            raise NotFound


def names_something(world: Layer, body: Body) -> bool:
    """Whether the evening or the booking that a command is about exists. Reviews are
    between two people, and not a super-user's to read."""
    match body:
        case AnswerBooking(booking_id=str(booking_id)):
            return world.booking(booking_id) is not None
        case AnswerBooking(announcement_id=str(announcement_id), guest_id=str(guest_id)):
            return world.booking_of(announcement_id, guest_id) is not None
        case RequestBooking() | ChangeAnnouncement() | InviteGuests():
            return world.announcement(body.announcement_id) is not None
    return False


def demand_author(
    world: Layer, announcement: Announcement, actor: PersonId, *, super_may: bool = False
) -> None:
    """Raises Forbidden for who may see the announcement but is not its author, NotFound
    for who may not even see it. A follower's view is not looked up for this: NotFound."""
    if actor == announcement.author_id or super_may:
        return
    demand_visible(world, announcement, actor, follows_author=False)
    raise Forbidden
