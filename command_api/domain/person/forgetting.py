"""Takes a person's words out of everything they ever made, once they are erased.

The person's chains lead to all of it, so the image holds no old text from the event on, and a
process that folds the journal anew comes to the same. What is erased in each is stated by the
marks of the events' fields, as for the journal itself (`contracts.events.stored.erasing`). The
words of others stay, also those about the person; an operator's reason for a suspension does not.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from command_api.domain.layer import Layer
from command_api.domain.person.state import Person
from command_api.domain.plan.evolution import forget_plans
from command_api.domain.post.state import digest_text
from command_api.domain.rating.state import Rating
from contracts.events.announcement import AnnouncementCreated
from contracts.events.broadcast import BroadcastWritten
from contracts.events.folding.booking_state import Party
from contracts.events.person import PersonSeen, PersonSuspended
from contracts.events.rating import RatingGiven, RatingReplied
from contracts.events.stored.base import Event
from contracts.events.stored.erasing import list_personal_fields
from contracts.values.personal import ERASED_TEXT


def forget_person(layer: Layer, person: Person) -> Person:
    """Erase the words of `person` in the layer, and return what is left of them: their id, what
    they made and are engaged in, and whether they are suspended.

    The chains stay whole: whoever comes back may write in a booking of before.
    """
    for announcement in layer.announcements_by(person):
        terms = replace(announcement, **_erased(announcement, AnnouncementCreated))
        layer.announcements.put(announcement.id, _erase_reason(terms, person))
        for booking in layer.bookings_of(announcement):
            _erase_words_of(layer, booking, "author")
            _erase_reply(layer, layer.rating_of(announcement.id, booking.guest_id, person.id))
        for broadcast in layer.broadcasts_of(announcement):
            without = replace(broadcast, **_erased(broadcast, BroadcastWritten))
            layer.broadcasts.put(broadcast.id, without)
    for announcement in layer.announcements_called_off_by(person):
        layer.announcements.put(announcement.id, _erase_reason(announcement, person))
    for booking in layer.bookings_by(person):
        _erase_words_of(layer, booking, "guest")
    for rating in layer.ratings_by(person):
        layer.ratings.put(rating.id, replace(rating, **_erased(rating, RatingGiven)))
    for post in layer.posts_by(person):
        if not post.deleted:
            digest = digest_text(post.id, ERASED_TEXT)
            layer.posts.put(post.id, replace(post, text_digest=digest))
    forget_plans(layer, person.id, person.plans)
    suspension = person.suspension
    if suspension is not None:
        suspension = replace(suspension, **_erased(suspension, PersonSuspended))
    return Person(
        id=person.id,
        **_erased(person, PersonSeen),
        drafts=person.drafts,
        hosting=person.hosting,
        attending=person.attending,
        pending=person.pending,
        turned_down=person.turned_down,
        unsettled=person.unsettled,
        newest_announcement=person.newest_announcement,
        newest_booking=person.newest_booking,
        newest_rating=person.newest_rating,
        newest_post=person.newest_post,
        newest_called_off=person.newest_called_off,
        suspension=suspension,
        erased=True,
        erasures=person.erasures + 1,
    )


def _erase_reason(announcement: Announcement, person: Person) -> Announcement:
    """Erase why an announcement was called off, if that is what the person said."""
    if announcement.called_off_by != person.id:
        return announcement
    return replace(announcement, cancel_reason=None)


def _erase_words_of(layer: Layer, booking: Booking, party: Party) -> None:
    if booking.words_by != party:
        return
    changes: dict[str, Any] = {"message": None, "words_by": None}
    if booking.reason_by == "person":
        changes |= {"reason": None, "reason_by": None}
    layer.bookings.put(booking.id, replace(booking, **changes))


def _erase_reply(layer: Layer, rating: Rating | None) -> None:
    """Erase what the rated author replied."""
    if rating is not None and rating.reply is not None:
        layer.ratings.put(rating.id, replace(rating, **_erased(rating, RatingReplied)))


def _erased(state: Struct, kind: type[Event]) -> dict[str, Any]:
    """Return the fields of `state` that an event of `kind` fills with personal data, erased."""
    return {
        field.name: field.erase(getattr(state, field.name)) for field in list_personal_fields(kind)
    }
