"""What can be asked for. Commands travel from the edge to the leader as JSON, within one
version of the software only; unlike events they are not storage format.

Facts that were looked up at the edge (names, the film, whether a guest follows the
author) come inside the command, so that deciding needs no I/O.
"""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from contracts.announcement_events import Visibility
from contracts.ids import AnnouncementId, BookingId, MovieId, PersonId, ReviewId
from contracts.languages import API_LANGUAGE, Language


class PersonFacts(Struct, frozen=True):
    """What Auth said of a person."""

    person_id: PersonId
    name: str
    language: str = "ru"
    tz: str = "Europe/Moscow"


class Film(Struct, frozen=True):
    """What Movie_API said of a film."""

    movie_id: MovieId
    title: str
    title_ru: str
    duration_min: int


class Invitee(Struct, frozen=True):
    """A guest to invite, and the id of the booking should it be their first one here."""

    guest_id: PersonId
    booking_id: BookingId
    facts: PersonFacts | None
    """None where Auth does not know the person."""


class Terms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Fields of an announcement that its author may set; an unset one stays as it is."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    is_free: bool | UnsetType = UNSET
    price_amount: float | UnsetType | None = UNSET
    price_currency: str | UnsetType | None = UNSET
    ticket_count: int | UnsetType = UNSET
    event_time: datetime | UnsetType = UNSET
    tz: str | UnsetType | None = UNSET
    event_location: str | UnsetType = UNSET
    hide_location: bool | UnsetType = UNSET
    location_hint: str | UnsetType | None = UNSET


class CreateAnnouncement(Struct, frozen=True, kw_only=True, tag="announcement.create"):
    announcement_id: AnnouncementId
    film: Film
    title: str
    description: str
    visibility: Visibility
    is_free: bool
    ticket_count: int
    event_time: datetime
    event_location: str
    price_amount: float | None = None
    price_currency: str | None = None
    tz: str | None = None
    hide_location: bool = False
    location_hint: str | None = None
    publish: bool = True
    invite: tuple[Invitee, ...] = ()


class ChangeAnnouncement(Struct, frozen=True, kw_only=True, tag="announcement.change"):
    announcement_id: AnnouncementId
    terms: Terms
    status: Literal["Alive", "Closed"] | None = None
    if_versions: frozenset[int] | None = None
    """Refuse where the announcement has another version by now."""


class CancelAnnouncement(Struct, frozen=True, kw_only=True, tag="announcement.cancel"):
    announcement_id: AnnouncementId
    reason: str | None = None


class RequestBooking(Struct, frozen=True, kw_only=True, tag="booking.request"):
    announcement_id: AnnouncementId
    booking_id: BookingId
    """For the case that it is the pair's first."""
    message: str | None = None
    follows_author: bool | None = None
    """None: not looked up."""


class AnswerBooking(Struct, frozen=True, kw_only=True, tag="booking.answer"):
    """One side of a booking says yes or no. Which side follows from who asks."""

    booking_id: BookingId | None = None
    announcement_id: AnnouncementId | None = None
    guest_id: PersonId | None = None
    """The booking by its id, or by announcement and guest."""
    my_status: bool
    reason: str | None = None
    message: str | None = None
    only_as_guest: bool = False
    """A withdrawal (DELETE): not for the author."""


class InviteGuests(Struct, frozen=True, kw_only=True, tag="booking.invite"):
    announcement_id: AnnouncementId
    guests: tuple[Invitee, ...]
    hold_until: datetime | None = None


class AnnouncementDue(Struct, frozen=True, kw_only=True, tag="announcement.due"):
    """A deadline of the announcement may have passed: its start or its end."""

    announcement_id: AnnouncementId


class HoldDue(Struct, frozen=True, kw_only=True, tag="booking.hold_due"):
    """The time for which a seat was held may have passed."""

    booking_id: BookingId


class RateEvening(Struct, frozen=True, kw_only=True, tag="rating.give"):
    """The actor rates the other side of an evening. Bounds were checked at the edge."""

    announcement_id: AnnouncementId
    ratee_id: PersonId
    review_id: ReviewId
    score: int
    text: str | None = None
    tags: tuple[str, ...] = ()


class ChangeRating(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="rating.change"):
    """An unset field stays as it is."""

    review_id: ReviewId
    score: int | UnsetType = UNSET
    text: str | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET


class RetractRating(Struct, frozen=True, kw_only=True, tag="rating.retract"):
    review_id: ReviewId


class RatingDue(Struct, frozen=True, kw_only=True, tag="rating.due"):
    """The time for which a review was sealed may have passed."""

    review_id: ReviewId


class MuteHost(Struct, frozen=True, kw_only=True, tag="person.mute"):
    """The actor wants to hear no more of a host's new evenings."""

    host_id: PersonId


class UnmuteHost(Struct, frozen=True, kw_only=True, tag="person.unmute"):
    host_id: PersonId


class SuspendPerson(Struct, frozen=True, kw_only=True, tag="person.suspend"):
    """For operators only: the edge sees to it."""

    person_id: PersonId
    reason: str
    by: str | None = None


class ReinstatePerson(Struct, frozen=True, kw_only=True, tag="person.reinstate"):
    """For operators only: the edge sees to it."""

    person_id: PersonId
    by: str | None = None


AnyCommand = (
    CreateAnnouncement
    | ChangeAnnouncement
    | CancelAnnouncement
    | RequestBooking
    | AnswerBooking
    | InviteGuests
    | RateEvening
    | ChangeRating
    | RetractRating
    | MuteHost
    | UnmuteHost
    | SuspendPerson
    | ReinstatePerson
    | AnnouncementDue
    | HoldDue
    | RatingDue
)


class Submission(Struct, frozen=True, kw_only=True):
    """One command and who gives it. The idempotency key belongs to the actor."""

    id: str
    actor: PersonId
    idempotency_key: str
    fingerprint: str
    command: AnyCommand
    query_fingerprint: str | None = None
    """With `fingerprint` it tells a retry from another request (`CommandInfo`)."""
    is_super: bool = False
    actor_facts: PersonFacts | None = None
    """What Auth said of the actor; None where it could not be asked."""
    language: Language = API_LANGUAGE
    """In which the answer names the film."""
    dry_run: bool = False
    """Decide, answer, and append nothing."""

    @property
    def kind(self) -> str:
        return str(self.command.__struct_config__.tag)
