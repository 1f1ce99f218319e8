"""Keeps in each person what they are engaged in: what they announced, attend or wait for.

Only announcements that are not over count. The event that ends an announcement also removes it
from its author and its guests, so that no later event has to look for ended ones; one that moves
it moves it in all of these. Beside that, each person has the newest of all announcements and
bookings they ever made, which leads to the others.
"""

from typing import Any, Literal, TypeVar

from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer
from command_api.domain.person.state import Person
from command_api.domain.person.timetable import Engagement
from contracts.values.ids import BookingId

Id = TypeVar("Id", bound=str)

GuestTable = Literal["attending", "pending", "turned_down"]
"""The timetables of a person that their bookings are in."""


def engage_author(layer: Layer, announcement: Announcement) -> None:
    """Add a new announcement to the drafts of its author, as the newest of all theirs."""
    author = layer.person(announcement.author_id)
    drafts = (*author.drafts, announcement.id)
    layer.people.put(author.id, replace(author, drafts=drafts, newest_announcement=announcement.id))


def follow_announcement(layer: Layer, before: Announcement, after: Announcement) -> None:
    """File an announcement that has changed anew, under its author and its guests: as one that
    takes place, at another time, or no longer."""
    moved, ends = after.event_time != before.event_time, after.has_ended
    if moved or after.takes_place != before.takes_place or ends != before.has_ended:
        _follow_as_author(layer, before, after)
    if (moved or ends) and not before.has_ended:
        for booking in layer.bookings_of(after):
            _follow_as_guest(layer, before, after, booking)


def engage_guest(
    layer: Layer,
    guest: Person,
    announcement: Announcement,
    before: Booking | None,
    after: Booking,
) -> None:
    """File a booking under what its guest attends, waits for or was refused, as its state now
    says: under none of these if its announcement is over. A new booking becomes the newest of
    its guest."""
    changes: dict[str, Any] = {}
    if before is None:
        changes["newest_booking"] = after.id
    if not announcement.has_ended:
        was = None if before is None else _table_of(before)
        now = _table_of(after)
        if was is not now:
            engagement = _engage(announcement, after.id)
            if was is not None:
                changes[was] = getattr(guest, was).remove(engagement)
            if now is not None:
                changes[now] = getattr(guest, now).add(engagement)
        if after.unsettled or (before is not None and before.unsettled):
            changes["unsettled"] = _list_unsettled(guest, after)
    if changes:
        layer.people.put(guest.id, replace(guest, **changes))


def without(ids: tuple[Id, ...], gone: Id) -> tuple[Id, ...]:
    """Return `ids`, which are unique, without `gone`: the very same tuple if it is not there."""
    if gone not in ids:
        return ids
    place = ids.index(gone)
    return ids[:place] + ids[place + 1 :]


def _engage(announcement: Announcement, id: Id) -> Engagement[Id]:
    return Engagement(announcement.event_time, id, announcement.ends_at)


def _table_of(booking: Booking) -> GuestTable | None:
    if booking.confirmed:
        return "attending"
    if booking.pending:
        return "pending"
    return "turned_down" if booking.turned_down else None


def _follow_as_author(layer: Layer, before: Announcement, after: Announcement) -> None:
    author = layer.person(after.author_id)
    is_draft = after.status == "Created"
    drafts = author.drafts if is_draft else without(author.drafts, after.id)
    hosting = author.hosting.remove(_engage(before, after.id))
    if after.takes_place:
        hosting = hosting.add(_engage(after, after.id))
    layer.people.put(author.id, replace(author, drafts=drafts, hosting=hosting))


def _follow_as_guest(
    layer: Layer, before: Announcement, after: Announcement, booking: Booking
) -> None:
    table = _table_of(booking)
    if table is None:
        return
    guest = layer.person(booking.guest_id)
    engagements = getattr(guest, table).remove(_engage(before, booking.id))
    if not after.has_ended:
        engagements = engagements.add(_engage(after, booking.id))
    changes: dict[str, Any] = {table: engagements}
    if after.has_ended and booking.unsettled:
        changes["unsettled"] = without(guest.unsettled, booking.id)
    layer.people.put(guest.id, replace(guest, **changes))


def _list_unsettled(guest: Person, booking: Booking) -> tuple[BookingId, ...]:
    """Return the bookings between which the guest has to choose, this one as the last."""
    others = without(guest.unsettled, booking.id)
    return (*others, booking.id) if booking.unsettled else others
