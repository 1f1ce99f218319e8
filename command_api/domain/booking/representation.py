"""Represents a booking as one of its two sides sees it."""

from typing import Any, Final

from command_api.domain.announcement.representation import film_title
from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.commands import AnswerBooking, InviteGuests, RequestBooking
from command_api.domain.booking.state import Booking
from command_api.domain.calendar import find_overlaps
from command_api.domain.layer import Layer
from command_api.domain.representation import AnswerBasis, Answers
from command_api.domain.rules import Rules
from contracts.error_codes import describe, is_error_code
from contracts.representations import (
    DetailBookingResponse,
    Overlap,
)
from contracts.values.ids import BookingId, PersonId
from contracts.values.languages import Language


def render_booking(
    layer: Layer, booking_id: BookingId, viewer: PersonId, language: Language, rules: Rules
) -> DetailBookingResponse:
    """Return the booking as `viewer`, its author or its guest, may see it. Raises LookupError
    if there is no such booking."""
    booking = layer.bookings.find(booking_id)
    announcement = layer.announcements.find(booking.announcement_id)
    author = layer.standing(booking.author_id, "host").score
    guest = layer.standing(booking.guest_id, "guest").score
    return DetailBookingResponse(
        booking_id=booking.id,
        announcement_id=announcement.id,
        announcement_title=announcement.title,
        announcement_status=announcement.status,
        author_id=booking.author_id,
        author_name=layer.person(booking.author_id).name,
        author_rating=author.rating,
        author_rating_count=author.count,
        guest_id=booking.guest_id,
        guest_name=layer.person(booking.guest_id).name,
        guest_rating=guest.rating,
        guest_rating_count=guest.count,
        author_status=booking.author_status,
        guest_status=booking.guest_status,
        state=booking.state,
        event_time=announcement.event_time,
        movie_title=film_title(announcement, language),
        hold_until=booking.hold_until,
        waitlist_position=_waitlist_position(announcement, booking),
        preapproved=booking.preapproved,
        reason=booking.reason,
        reason_by=booking.reason_by,
        message=booking.message,
        overlaps=_show_overlaps(layer, announcement, booking, viewer, rules),
        created=booking.created_at,
        modified=booking.modified_at,
    )


def _waitlist_position(announcement: Announcement, booking: Booking) -> int | None:
    return announcement.waitlist.index(booking.id) + 1 if booking.waiting else None


def _show_overlaps(
    layer: Layer, announcement: Announcement, booking: Booking, viewer: PersonId, rules: Rules
) -> list[Overlap]:
    """Show overlaps to the guest only: their calendar is not the author's business."""
    if viewer != booking.guest_id or not booking.pending:
        return []
    return find_overlaps(
        layer,
        viewer,
        announcement,
        gap=rules.gap,
        pending_blocks=rules.pending_blocks,
        own=booking.id,
    )


def answer_with_booking(basis: AnswerBasis) -> DetailBookingResponse:
    """Answer with the booking that the outcome names."""
    assert basis.outcome.booking_id is not None
    return render_booking(
        basis.layer,
        basis.outcome.booking_id,
        basis.submission.actor,
        basis.submission.language,
        basis.rules,
    )


def _answer_with_results(basis: AnswerBasis) -> dict[str, Any]:
    """Answer with one result for each guest. A refusal has its sentence (`detail`)."""
    language = basis.submission.language
    results = [
        {**one, "detail": describe(one["code"], language)} if is_error_code(one["code"]) else one
        for one in basis.outcome.facts["results"]
    ]
    return {"announcement_id": basis.outcome.announcement_id, "results": results}


BOOKING_ANSWERS: Final[Answers] = {
    RequestBooking: answer_with_booking,
    AnswerBooking: answer_with_booking,
    InviteGuests: _answer_with_results,
}
