"""Represents an announcement to the person who sent a command about it.

What is shown depends on the viewer. The query API shows the same person the same, from its
tables (`contracts.representations`).
"""

from typing import Final

from command_api.domain.announcement.commands import (
    CancelAnnouncement,
    ChangeAnnouncement,
    CreateAnnouncement,
)
from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer
from command_api.domain.representation import AnswerBasis, Answers
from command_api.domain.rules import Rules
from contracts.representations import DetailAnnouncementResponse, GuestEntry, copied_fields
from contracts.values.ids import AnnouncementId, PersonId
from contracts.values.languages import Language, Text

COPIED: Final = copied_fields(DetailAnnouncementResponse)


def render_announcement(
    layer: Layer,
    announcement_id: AnnouncementId,
    viewer: PersonId,
    language: Language,
    rules: Rules,
) -> DetailAnnouncementResponse:
    """Return the announcement as `viewer` may see it: the place and the guests are not for
    everybody. Raises LookupError if there is no such announcement."""
    announcement = layer.announcements.find(announcement_id)
    mine = layer.booking_of(announcement.id, viewer)
    author = layer.standing(announcement.author_id, "host").score
    is_author = viewer == announcement.author_id
    is_guest = mine is not None and mine.confirmed
    shows_place = is_author or is_guest or not announcement.hide_location
    return DetailAnnouncementResponse(
        **{name: getattr(announcement, name) for name in COPIED},
        id=announcement.id,
        author_name=layer.person(announcement.author_id).name,
        author_rating=author.rating,
        author_rating_count=author.count,
        sub_only=announcement.visibility == "subscribers",
        event_location=announcement.event_location if shows_place else None,
        movie_title=film_title(announcement, language),
        created=announcement.created_at,
        modified=announcement.modified_at,
        guest_list=_guest_list(
            layer,
            announcement,
            everyone=is_author,
            confirmed=is_guest and not (rules.hide_guest_list or announcement.hide_guests),
            viewer=viewer,
        ),
        guest_count=announcement.confirmed if is_author or not announcement.hide_guests else None,
        my_booking_id=mine.id if mine else None,
        my_state=mine.state if mine else None,
        fits_my_plan=None,
        publish_to=list(announcement.publish_to) if is_author else [],
    )


def film_title(announcement: Announcement, language: Language) -> str:
    """Return the title of the announcement's film in `language`."""
    title = Text(en=announcement.movie_title, ru=announcement.movie_title_ru)
    return title.in_language(language)


def _guest_list(
    layer: Layer,
    announcement: Announcement,
    *,
    everyone: bool,
    confirmed: bool,
    viewer: PersonId,
) -> list[GuestEntry]:
    """Return the bookings to show, oldest first: all with `everyone`, else the confirmed ones
    with `confirmed`, without people whom a block keeps apart from the viewer, else none."""
    if not (everyone or confirmed):
        return []
    entries = [
        _guest_entry(layer, booking)
        for booking in layer.bookings_of(announcement)
        if everyone or (booking.confirmed and not layer.are_apart(viewer, booking.guest_id))
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


def answer_with_announcement(basis: AnswerBasis) -> DetailAnnouncementResponse:
    """Return the announcement of the outcome, as the actor sees it."""
    assert basis.outcome.announcement_id is not None
    return render_announcement(
        basis.layer,
        basis.outcome.announcement_id,
        basis.submission.actor,
        basis.submission.language,
        basis.rules,
    )


def _answer_ok(_: AnswerBasis) -> dict[str, str]:
    return {"status": "OK"}


ANNOUNCEMENT_ANSWERS: Final[Answers] = {
    CreateAnnouncement: answer_with_announcement,
    ChangeAnnouncement: answer_with_announcement,
    CancelAnnouncement: _answer_ok,
}
