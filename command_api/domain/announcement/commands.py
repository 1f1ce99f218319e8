"""What can be asked for about announcements."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from command_api.domain.booking.commands import Invitee
from contracts.announcement_events import Visibility
from contracts.ids import AnnouncementId, MovieId


class FilmFacts(Struct, frozen=True):
    """What Movie_API said of a film."""

    movie_id: MovieId
    title: str
    title_ru: str
    duration_min: int


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
    film: FilmFacts
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


class AnnouncementDue(Struct, frozen=True, kw_only=True, tag="announcement.due"):
    """A deadline of the announcement may have passed: its start or its end."""

    announcement_id: AnnouncementId
