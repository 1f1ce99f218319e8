"""The answer to a write, rendered from the state just decided.

Same shapes and same visibility as the query API gives from its tables
(`contracts.representations`): who asks decides what of an evening is shown.
"""

from command_api.domain.calendar import interval_of, overlaps
from command_api.domain.rules import Rules
from command_api.domain.state import Announcement, Booking, Layer
from contracts.ids import AnnouncementId, BookingId, PersonId, ReviewId
from contracts.languages import Language
from contracts.representations import (
    DetailAnnouncementResponse,
    DetailBookingResponse,
    GuestEntry,
    Overlap,
    RatingResponse,
)


def render_announcement(
    layer: Layer,
    announcement_id: AnnouncementId,
    viewer: PersonId,
    language: Language,
    rules: Rules,
) -> DetailAnnouncementResponse:
    """Raises LookupError where there is no such announcement."""
    announcement = layer.announcement(announcement_id)
    if announcement is None:
        raise LookupError(announcement_id)
    mine = layer.booking_of(announcement.id, viewer)
    host = layer.standing(announcement.author_id, "host").score
    is_author = viewer == announcement.author_id
    is_guest = mine is not None and mine.confirmed
    shows_place = is_author or is_guest or not announcement.hide_location
    return DetailAnnouncementResponse(
        id=announcement.id,
        status=announcement.status,
        title=announcement.title,
        description=announcement.description,
        author_id=announcement.author_id,
        author_name=layer.person(announcement.author_id).name,
        author_rating=host.rating,
        author_rating_count=host.count,
        sub_only=announcement.visibility == "subscribers",
        visibility=announcement.visibility,
        is_free=announcement.is_free,
        price_amount=announcement.price_amount,
        price_currency=announcement.price_currency,
        ticket_count=announcement.ticket_count,
        tickets_left=announcement.ticket_count - announcement.taken,
        event_time=announcement.event_time,
        ends_at=announcement.ends_at,
        tz=announcement.tz,
        event_location=announcement.event_location if shows_place else None,
        location_hint=announcement.location_hint,
        hide_location=announcement.hide_location,
        movie_id=announcement.movie_id,
        movie_title=_film_title(announcement, language),
        duration_min=announcement.duration_min,
        closed_reason=announcement.closed_reason,
        cancel_reason=announcement.cancel_reason,
        created=announcement.created_at,
        modified=announcement.modified_at,
        version=announcement.version,
        guest_list=_guest_list(
            layer,
            announcement,
            everyone=is_author,
            confirmed=is_guest and not rules.hide_guest_list,
        ),
        guest_count=announcement.confirmed,
        my_booking_id=mine.id if mine else None,
        my_state=mine.state if mine else None,
    )


def render_booking(
    layer: Layer, booking_id: BookingId, viewer: PersonId, language: Language, rules: Rules
) -> DetailBookingResponse:
    """Raises LookupError where there is no such booking."""
    booking = layer.booking(booking_id)
    announcement = layer.announcement(booking.announcement_id) if booking else None
    if booking is None or announcement is None:
        raise LookupError(booking_id)
    host = layer.standing(booking.author_id, "host").score
    guest = layer.standing(booking.guest_id, "guest").score
    return DetailBookingResponse(
        booking_id=booking.id,
        announcement_id=announcement.id,
        announcement_title=announcement.title,
        announcement_status=announcement.status,
        author_id=booking.author_id,
        author_name=layer.person(booking.author_id).name,
        author_rating=host.rating,
        author_rating_count=host.count,
        guest_id=booking.guest_id,
        guest_name=layer.person(booking.guest_id).name,
        guest_rating=guest.rating,
        guest_rating_count=guest.count,
        author_status=booking.author_status,
        guest_status=booking.guest_status,
        state=booking.state,
        event_time=announcement.event_time,
        movie_title=_film_title(announcement, language),
        hold_until=booking.hold_until,
        waitlist_position=_place_in_line(announcement, booking),
        preapproved=booking.preapproved,
        reason=booking.reason,
        reason_by=booking.reason_by,
        message=booking.message,
        overlaps=_other_evenings(layer, announcement, booking, viewer, rules),
        created=booking.created_at,
        modified=booking.modified_at,
    )


def render_rating(layer: Layer, review_id: ReviewId) -> RatingResponse:
    """As its rater sees it. Raises LookupError where there is no such review."""
    rating = layer.rating(review_id)
    if rating is None:
        raise LookupError(review_id)
    return RatingResponse(
        review_id=rating.id,
        announcement_id=rating.announcement_id,
        rater_id=rating.rater_id,
        ratee_id=rating.ratee_id,
        role=rating.role,
        score=rating.score,
        text=rating.text,
        tags=rating.tags,
        revealed=rating.revealed_at is not None,
        retracted=rating.retracted,
        sealed_until=rating.sealed_until,
        created=rating.created_at,
        modified=rating.modified_at,
    )


def _film_title(announcement: Announcement, language: Language) -> str:
    return announcement.movie_title_ru if language == "ru" else announcement.movie_title


def _place_in_line(announcement: Announcement, booking: Booking) -> int | None:
    return announcement.waiting.index(booking.id) + 1 if booking.waiting else None


def _guest_list(
    layer: Layer, announcement: Announcement, *, everyone: bool, confirmed: bool
) -> list[GuestEntry]:
    """Oldest first. The author sees everyone, a confirmed guest the confirmed."""
    if not (everyone or confirmed):
        return []
    entries = [
        _guest_entry(layer, booking)
        for booking in layer.bookings_of(announcement)
        if everyone or booking.confirmed
    ]
    entries.reverse()
    return entries


def _guest_entry(layer: Layer, booking: Booking) -> GuestEntry:
    guest = layer.standing(booking.guest_id, "guest").score
    return GuestEntry(
        booking_id=booking.id,
        guest_id=booking.guest_id,
        guest_name=layer.person(booking.guest_id).name,
        author_status=booking.author_status,
        guest_status=booking.guest_status,
        guest_rating=guest.rating,
        guest_rating_count=guest.count,
        state=booking.state,
    )


def _other_evenings(
    layer: Layer, announcement: Announcement, booking: Booking, viewer: PersonId, rules: Rules
) -> list[Overlap]:
    """Shown to the guest only: a host has no business in the guest's calendar."""
    if viewer != booking.guest_id or not booking.pending:
        return []
    return overlaps(
        layer,
        viewer,
        interval_of(announcement),
        besides=announcement.id,
        gap=rules.gap,
        pending_blocks=rules.pending_blocks,
    )
