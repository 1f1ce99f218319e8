"""Events of announcements: created, published, changed, closed, cancelled or over.

Every field is storage format (`contracts.events.stored.base`). `version` is the one that clients
state in `If-Match`.
"""

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from contracts.events.stored.base import Event
from contracts.values.ids import AnnouncementId, MovieId, PersonId
from contracts.values.personal import NotPersonal, WordsOfActor
from contracts.values.targets import TargetName
from contracts.values.times import Instant

AnnouncementStatus = Literal["Created", "Alive", "Closed", "Done", "Cancelled"]
ONGOING_STATUSES: Final[tuple[AnnouncementStatus, ...]] = ("Alive", "Closed")
"""An announcement in one of these takes place: it is published, and neither over nor cancelled."""
Visibility = Literal["public", "subscribers", "invite"]
CloseReason = Literal["full", "manual", "cutoff"]
ReopenReason = Literal["manual", "seat_freed"]
CancelledBy = Literal["author", "operator", "system"]


class AnnouncementEvent(Event, frozen=True, kw_only=True):
    """The family of an announcement's events."""

    announcement_id: AnnouncementId


class AnnouncementCreated(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.created.v1"
):
    """The author made a draft (status Created). The film is as Movie_API knew it then."""

    author_id: PersonId
    movie_id: MovieId
    movie_title: NotPersonal
    movie_title_ru: NotPersonal
    duration_min: int
    title: WordsOfActor
    description: WordsOfActor
    visibility: Visibility
    is_free: bool
    ticket_count: int
    event_time: Instant
    event_location: WordsOfActor
    version: int = 1
    price_amount: float | None = None
    price_currency: NotPersonal | None = None
    tz: NotPersonal | None = None
    hide_location: bool = False
    location_hint: WordsOfActor | None = None
    season: int | None = None
    """Season of a series; an announcement names one episode of it."""
    episode: int | None = None
    publish_to: tuple[TargetName, ...] = ()
    """Names of the targets that the operator configured, to which the system posts it."""
    hide_guests: bool = False


class AnnouncementPublished(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.published.v1"
):
    """The draft became Alive: it takes requests."""

    version: int


class AnnouncementChanged(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.changed.v1"
):
    """The author changed some fields. Those that are UNSET stayed as they were."""

    version: int
    title: WordsOfActor | UnsetType = UNSET
    description: WordsOfActor | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    is_free: bool | UnsetType = UNSET
    price_amount: float | UnsetType | None = UNSET
    price_currency: NotPersonal | UnsetType | None = UNSET
    ticket_count: int | UnsetType = UNSET
    event_time: Instant | UnsetType = UNSET
    tz: NotPersonal | UnsetType | None = UNSET
    event_location: WordsOfActor | UnsetType = UNSET
    hide_location: bool | UnsetType = UNSET
    location_hint: WordsOfActor | UnsetType | None = UNSET
    publish_to: tuple[TargetName, ...] | UnsetType = UNSET
    notify: bool = True
    """Whether people are told of the change. The author may keep it quiet if it changes none of
    RELIED_ON."""
    hide_guests: bool | UnsetType = UNSET


CHANGEABLE_FIELDS: Final = tuple(
    name
    for name in AnnouncementChanged.__struct_fields__
    if name not in ("announcement_id", "version", "notify")
)
RELIED_ON: Final = frozenset(
    {
        "event_time",
        "event_location",
        "location_hint",
        "is_free",
        "price_amount",
        "price_currency",
    }
)
"""Fields that a guest relies on: when and where it is, and what it costs. Nobody changes them
without telling."""


class AnnouncementClosed(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.closed.v1"
):
    """It takes no new requests: it is full, the author closed it, or the film has begun."""

    version: int
    reason: CloseReason


class AnnouncementReopened(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.reopened.v1"
):
    """It is Alive again."""

    version: int
    reason: ReopenReason


class AnnouncementCancelled(
    AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.cancelled.v1"
):
    """It will not take place. Its bookings stay as they are."""

    version: int
    by: CancelledBy
    reason: WordsOfActor | None = None


class AnnouncementDone(AnnouncementEvent, frozen=True, kw_only=True, tag="announcement.done.v1"):
    """It is over: `event_time` plus the film's duration has passed."""

    version: int


AnyAnnouncementEvent = (
    AnnouncementCreated
    | AnnouncementPublished
    | AnnouncementChanged
    | AnnouncementClosed
    | AnnouncementReopened
    | AnnouncementCancelled
    | AnnouncementDone
)
