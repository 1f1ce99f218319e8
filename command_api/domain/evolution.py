"""Applying recorded facts to the aggregates. Never refuses one: it has already happened.

`apply` writes the new values into a layer. The same function serves the decision (on a
layer that may be dropped), the replay of the journal and the followers.
"""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from command_api.domain.rating_evolution import apply_rating
from command_api.domain.state import Announcement, Booking, HeldFor, Layer, Person, Suspension
from contracts.announcement_events import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementEvent,
    AnnouncementPublished,
    AnnouncementReopened,
)
from contracts.booking_events import (
    AnyBookingEvent,
    BookingDeclined,
    BookingEvent,
    BookingHoldShortened,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingRejected,
    BookingRequested,
    BookingRevoked,
    BookingUnsettled,
    BookingWithdrawn,
)
from contracts.events import DomainEvent
from contracts.ids import AnnouncementId, BookingId, PersonId
from contracts.person_events import (
    AnyPersonEvent,
    PersonEvent,
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnmuted,
)
from contracts.rating_events import RatingEvent
from contracts.standing import (
    changed_fields,
    is_preapproved,
    is_untold,
    is_waiting,
    reason_by,
    reason_of,
)

_NOES_OF_GUEST: Final = (BookingDeclined, BookingLeft, BookingWithdrawn)


def apply(layer: Layer, event: DomainEvent, at: datetime) -> None:
    """Write into `layer` what `event`, decided at `at`, changed."""
    match event:
        case BookingEvent():
            _apply_booking_event(layer, event, at)
        case RatingEvent():
            apply_rating(layer, event, at)
        case AnnouncementCreated():
            _create_announcement(layer, event, at)
        case PersonEvent():
            layer.people[event.person_id] = _evolve_person(layer.person(event.person_id), event, at)
        case AnnouncementEvent():
            announcement = _known(layer, event.announcement_id)
            layer.announcements[announcement.id] = evolve_announcement(announcement, event, at)
        case _:  # Of no family that decisions rest on.
            pass


def _evolve_person(person: Person, event: AnyPersonEvent, at: datetime) -> Person:
    match event:
        case PersonSeen():
            return replace(person, name=event.name, language=event.language, tz=event.tz)
        case PersonMuted():
            return replace(person, muted=(*_without(person.muted, event.host_id), event.host_id))
        case PersonUnmuted():
            return replace(person, muted=_without(person.muted, event.host_id))
        case PersonSuspended():
            return replace(
                person, suspension=Suspension(reason=event.reason, by=event.by, since=at)
            )
        case PersonReinstated():
            return replace(person, suspension=None)


def _without(people: tuple[PersonId, ...], gone: PersonId) -> tuple[PersonId, ...]:
    return tuple(one for one in people if one != gone)


def evolve_announcement(
    announcement: Announcement,
    event: AnnouncementPublished
    | AnnouncementChanged
    | AnnouncementClosed
    | AnnouncementReopened
    | AnnouncementCancelled
    | AnnouncementDone,
    at: datetime,
) -> Announcement:
    changes: dict[str, object]
    match event:
        case AnnouncementPublished() | AnnouncementReopened():
            changes = {"status": "Alive", "closed_reason": None}
        case AnnouncementClosed():
            changes = {"status": "Closed", "closed_reason": event.reason}
        case AnnouncementCancelled():
            changes = {"status": "Cancelled", "cancel_reason": event.reason}
        case AnnouncementDone():
            changes = {"status": "Done"}
        case AnnouncementChanged():
            changes = changed_fields(event)
    return replace(announcement, **changes, version=event.version, modified_at=at)


def _create_announcement(layer: Layer, event: AnnouncementCreated, at: datetime) -> None:
    layer.announcements[event.announcement_id] = Announcement(
        id=event.announcement_id,
        author_id=event.author_id,
        movie_id=event.movie_id,
        movie_title=event.movie_title,
        movie_title_ru=event.movie_title_ru,
        duration_min=event.duration_min,
        title=event.title,
        description=event.description,
        visibility=event.visibility,
        is_free=event.is_free,
        ticket_count=event.ticket_count,
        event_time=event.event_time,
        event_location=event.event_location,
        version=event.version,
        price_amount=event.price_amount,
        price_currency=event.price_currency,
        tz=event.tz,
        hide_location=event.hide_location,
        location_hint=event.location_hint,
        created_at=at,
        modified_at=at,
        previous_of_film=layer.newest_of_film(event.movie_id),
    )
    layer.films[event.movie_id] = event.announcement_id
    author = layer.person(event.author_id)
    hosting = (*(one for one in author.hosting if _is_live(layer, one)), event.announcement_id)
    layer.people[author.id] = replace(author, hosting=hosting)


def _apply_booking_event(layer: Layer, event: AnyBookingEvent, at: datetime) -> None:
    announcement = _known(layer, event.announcement_id)
    before = layer.booking(event.booking_id)
    after = _evolve_booking(before or _first(announcement, event, at), event, at)
    if before is None:
        layer.pairs[announcement.id, after.guest_id] = after.id
    layer.bookings[after.id] = after
    layer.announcements[announcement.id] = _count_seats(announcement, before, after)
    layer.people[after.guest_id] = _engage(layer, layer.person(after.guest_id), after)
    if isinstance(event, BookingInvited):
        _count_invitation(layer, after, at)


def _count_invitation(layer: Layer, booking: Booking, at: datetime) -> None:
    """For the rules about how many one person may send and get (`limits`)."""
    host = layer.person(booking.author_id)
    day = host.invitations_on(at)
    day = replace(day, sent=day.sent + 1)
    layer.people[host.id] = replace(host, invitations=day)
    guest = layer.person(booking.guest_id)
    day = guest.invitations_on(at)
    day = replace(day, received_from=(*day.received_from, host.id))
    layer.people[guest.id] = replace(guest, invitations=day)


def _first(announcement: Announcement, event: AnyBookingEvent, at: datetime) -> Booking:
    return Booking(
        id=event.booking_id,
        announcement_id=announcement.id,
        author_id=announcement.author_id,
        guest_id=event.guest_id,
        created_at=at,
        modified_at=at,
        previous=announcement.newest_booking,
    )


def _evolve_booking(booking: Booking, event: AnyBookingEvent, at: datetime) -> Booking:
    asked = isinstance(event, BookingRequested)
    waiting = is_waiting(event)
    invited_again = isinstance(event, BookingInvited) and booking.guest_status is False
    held_for, hold_until = _hold_after(event)
    return replace(
        booking,
        modified_at=at,
        author_status=event.author_status,
        guest_status=event.guest_status,
        waiting=waiting,
        preapproved=is_preapproved(event),
        held_for=held_for,
        hold_until=hold_until,
        clashes=event.clashes if isinstance(event, BookingUnsettled) else (),
        requests=booking.requests + asked,
        invited_again=booking.invited_again or invited_again,
        author_noes=booking.author_noes + _is_no_of_author(event),
        guest_noes=booking.guest_noes + isinstance(event, _NOES_OF_GUEST),
        untold=is_untold(event),
        reason=reason_of(event),
        reason_by=reason_by(event),
        message=getattr(event, "message", None),
    )


def _is_no_of_author(event: AnyBookingEvent) -> bool:
    return isinstance(event, BookingRejected | BookingRevoked) and not is_untold(event)


def _hold_after(event: AnyBookingEvent) -> tuple[HeldFor | None, datetime | None]:
    match event:
        case BookingInvited(hold_until=datetime()):
            return "invitation", event.hold_until
        case BookingOffered():
            return "offer", event.hold_until
        case BookingUnsettled():
            return "move", event.hold_until
        case BookingHoldShortened():
            return "offer" if event.offered else "invitation", event.hold_until
        case _:
            return None, None


def _count_seats(
    announcement: Announcement, before: Booking | None, after: Booking
) -> Announcement:
    confirmed = announcement.confirmed + after.confirmed - (before is not None and before.confirmed)
    held = (
        announcement.held
        + (after.hold_until is not None)
        - (before is not None and before.hold_until is not None)
    )
    line = announcement.waiting
    if before is not None and before.waiting and not after.waiting:
        line = tuple(one for one in line if one != after.id)
    elif after.waiting and (before is None or not before.waiting):
        line = (*line, after.id)
    newest = after.id if before is None else announcement.newest_booking
    return replace(
        announcement, confirmed=confirmed, held=held, waiting=line, newest_booking=newest
    )


def _engage(layer: Layer, person: Person, booking: Booking) -> Person:
    """The person with this booking where it now belongs, and without what is over."""
    attending = tuple(
        one for one in person.attending if one != booking.id and _is_live_booking(layer, one)
    )
    pending = tuple(
        one for one in person.pending if one != booking.id and _is_live_booking(layer, one)
    )
    if booking.confirmed:
        attending = (*attending, booking.id)
    elif booking.pending:
        pending = (*pending, booking.id)
    return replace(person, attending=attending, pending=pending)


def _known(layer: Layer, announcement_id: AnnouncementId) -> Announcement:
    announcement = layer.announcement(announcement_id)
    if announcement is None:
        raise LookupError(f"an event names announcement {announcement_id}, which never was created")
    return announcement


def _is_live(layer: Layer, announcement_id: AnnouncementId) -> bool:
    announcement = layer.announcement(announcement_id)
    return announcement is not None and announcement.status not in ("Done", "Cancelled")


def _is_live_booking(layer: Layer, booking_id: BookingId) -> bool:
    booking = layer.booking(booking_id)
    return booking is not None and _is_live(layer, booking.announcement_id)
