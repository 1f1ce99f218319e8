"""The commands about announcements."""

from typing import Literal

from msgspec import Struct

from command_api.domain.announcement.terms import AnnouncementTerms, ChangedTerms
from command_api.domain.booking.commands import Invitee
from contracts.values.ids import AnnouncementId, MovieId


class FilmFacts(Struct, frozen=True):
    """Movie_API's data about a film."""

    movie_id: MovieId
    title: str
    title_ru: str
    duration_min: int


class CreateAnnouncement(AnnouncementTerms, frozen=True, kw_only=True, tag="announcement.create"):
    announcement_id: AnnouncementId
    film: FilmFacts
    season: int | None = None
    """With `episode`, names the one episode that an announcement of a series is for."""
    episode: int | None = None
    publish: bool = True
    invite: tuple[Invitee, ...] = ()


class ChangeAnnouncement(Struct, frozen=True, kw_only=True, tag="announcement.change"):
    announcement_id: AnnouncementId
    terms: ChangedTerms
    status: Literal["Alive", "Closed"] | None = None
    if_versions: frozenset[int] | None = None
    """Refuse if the announcement has another version by now."""
    notify: bool = True
    """Whether people are to be told."""


class CancelAnnouncement(Struct, frozen=True, kw_only=True, tag="announcement.cancel"):
    announcement_id: AnnouncementId
    reason: str | None = None


class AnnouncementDue(Struct, frozen=True, kw_only=True, tag="announcement.due"):
    """A deadline of the announcement may have passed: its start or its end."""

    announcement_id: AnnouncementId


AnyAnnouncementCommand = (
    CreateAnnouncement | ChangeAnnouncement | CancelAnnouncement | AnnouncementDue
)
