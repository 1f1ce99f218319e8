"""Who may see an announcement. To everybody else it does not exist."""

from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.layer import Layer
from contracts.errors import Forbidden, NeedsFact, NotFound
from contracts.values.ids import AnnouncementId, PersonId

NOBODY: Final = PersonId("")
"""Stands for the author of an announcement that does not exist. Nobody follows them."""


def find_visible(
    layer: Layer, announcement_id: AnnouncementId, viewer: PersonId, *, follows_author: bool | None
) -> Announcement:
    """Returns the announcement if `viewer` may see it; raises NotFound if not.

    Raises NeedsFact if that depends on whether they follow the author, and nobody has looked
    it up. An announcement that is absent, or hidden from followers too, needs the same fact:
    otherwise the time that a slow UGC takes would reveal that one for followers exists.
    """
    announcement = layer.announcements.get(announcement_id)
    if announcement is not None and _is_seen_by(layer, announcement, viewer):
        return announcement
    if follows_author is None:
        author_id = NOBODY if announcement is None else announcement.author_id
        raise NeedsFact({"follows": [author_id, viewer]})
    if announcement is None or not (follows_author and _is_for_followers(announcement)):
        raise NotFound
    return announcement


def _is_seen_by(layer: Layer, announcement: Announcement, viewer: PersonId) -> bool:
    """Whether they see it even if they do not follow the author."""
    if viewer == announcement.author_id:
        return True
    if announcement.status == "Created":
        return False
    booking = layer.booking_of(announcement.id, viewer)
    if booking is not None and not booking.untold:
        return True
    return announcement.status != "Cancelled" and announcement.visibility == "public"


def _is_for_followers(announcement: Announcement) -> bool:
    open_to_others = announcement.status not in ("Created", "Cancelled")
    return open_to_others and announcement.visibility == "subscribers"


def demand_author(
    layer: Layer, announcement: Announcement, actor: PersonId, *, super_may: bool = False
) -> None:
    """Raises Forbidden if the actor sees the announcement but is not its author, NotFound if
    they do not see it. Whether they follow the author is not looked up for this: NotFound."""
    if actor == announcement.author_id or super_may:
        return
    find_visible(layer, announcement.id, actor, follows_author=False)
    raise Forbidden
