"""Decides who may see an announcement. For everybody else it does not exist."""

from typing import Final

from command_api.domain.announcement.state import Announcement
from command_api.domain.layer import Layer
from contracts.errors import Forbidden, NeedsFact, NotFound
from contracts.values.ids import AnnouncementId, PersonId

NOBODY: Final = PersonId("")
"""Stands for the author of an announcement that does not exist. Nobody follows this id."""


def find_visible(
    layer: Layer, announcement_id: AnnouncementId, viewer: PersonId, *, follows_author: bool | None
) -> Announcement:
    """Return the announcement if `viewer` may see it; raises NotFound if not.

    `follows_author` is None if it has not been looked up. Then NeedsFact is raised unless the
    viewer may see the announcement anyway, even if it is absent or hidden from followers too.
    Otherwise the time that a slow UGC takes would tell an announcement for followers from an
    absent one.
    """
    announcement = layer.announcements.get(announcement_id)
    if announcement is not None and is_kept_from(layer, announcement, viewer):
        announcement = None
    if announcement is not None and _is_seen_by(layer, announcement, viewer):
        return announcement
    if follows_author is None:
        author_id = NOBODY if announcement is None else announcement.author_id
        raise NeedsFact({"follows": [author_id, viewer]})
    if announcement is None or not (follows_author and _is_for_followers(announcement)):
        raise NotFound
    return announcement


def is_kept_from(layer: Layer, announcement: Announcement, viewer: PersonId) -> bool:
    """Return whether a block keeps the viewer from the announcement: one stands between viewer and
    author, and the viewer is not confirmed."""
    apart = layer.are_apart(viewer, announcement.author_id)
    return apart and not layer.is_confirmed(announcement.id, viewer)


def _is_seen_by(layer: Layer, announcement: Announcement, viewer: PersonId) -> bool:
    """Whether the viewer may see it even without following the author."""
    if viewer == announcement.author_id:
        return True
    if announcement.status == "Created":
        return False
    if announcement.status != "Cancelled" and announcement.visibility == "public":
        return True
    booking = layer.booking_of(announcement.id, viewer)
    return booking is not None and not booking.untold


def _is_for_followers(announcement: Announcement) -> bool:
    open_to_others = announcement.status not in ("Created", "Cancelled")
    return open_to_others and announcement.visibility == "subscribers"


def find_own(
    layer: Layer, announcement_id: AnnouncementId, actor: PersonId, *, super_may: bool = False
) -> Announcement:
    """Return the announcement if the actor is its author. Raises Forbidden if they are not but may
    see it, NotFound if they may not see it. An actor who may see it only as a follower gets
    NotFound as well, because that is not looked up for a refusal."""
    announcement = layer.announcements.get(announcement_id)
    if announcement is not None and (actor == announcement.author_id or super_may):
        return announcement
    find_visible(layer, announcement_id, actor, follows_author=False)
    raise Forbidden
