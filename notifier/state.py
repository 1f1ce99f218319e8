"""Remembers as much of announcements, bookings and people as it takes to know whom to tell.

Does no I/O. A recorded event is a fact and is never refused by a rule. Only an event of an
announcement that was never created raises KeyError, and the reader parks it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct, structs

from contracts.events.announcement import (
    ONGOING_STATUSES,
    AnnouncementCreated,
    AnnouncementEvent,
    AnnouncementStatus,
    AnyAnnouncementEvent,
    Visibility,
)
from contracts.events.booking import AnyBookingEvent, BookingEvent
from contracts.events.broadcast import (
    Audience,
    BroadcastChanged,
    BroadcastEvent,
    BroadcastWritten,
)
from contracts.events.folding.announcement_fields import announcement_fields
from contracts.events.folding.booking_fields import is_waiting
from contracts.events.folding.booking_state import CONFIRMED, BookingState, Pair, booking_state
from contracts.events.person import (
    PersonBlocked,
    PersonErased,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonReinstated,
    PersonSeen,
    PersonSuspended,
    PersonUnblocked,
    PersonUnmuted,
)
from contracts.events.plan import FilmPlanned, FilmUnplanned, FreeTimesStated
from contracts.events.post import PostEvent, PostsRead, PostWritten
from contracts.events.rating import RatingEvent, RatingGiven
from contracts.events.report import EveningHidden
from contracts.events.stored.domain_event import DomainEvent
from contracts.events.stored.erasing import list_personal_fields
from contracts.films import name_episode
from contracts.recipients import REQUESTED
from contracts.values.ids import AnnouncementId, BookingId, BroadcastId, MovieId, PersonId
from contracts.values.languages import HOME_LANGUAGE, Text
from contracts.values.personal import ERASED_NAME, HIDDEN_TEXT
from contracts.values.targets import TargetName
from contracts.values.zones import HOME_ZONE

Membership = tuple[AnnouncementId, PersonId]
"""Somebody who takes part in the chat of an announcement."""


class KnownBroadcast(Struct, frozen=True):
    """A word of the author to all guests in some states, before it goes."""

    text: str
    to: tuple[Audience, ...]


class KnownAnnouncement(Struct, kw_only=True):
    """An announcement as it is now. Stored as JSON."""

    announcement_id: AnnouncementId
    author_id: PersonId
    movie_title: str
    movie_title_ru: str
    title: str
    description: str
    visibility: Visibility
    is_free: bool
    ticket_count: int
    event_time: datetime
    event_location: str
    hide_location: bool = False
    location_hint: str | None = None
    price_amount: float | None = None
    price_currency: str | None = None
    tz: str | None = None
    movie_id: MovieId = MovieId("")
    """Empty of an announcement that an earlier version noted."""
    duration_min: int = 0
    publish_to: tuple[TargetName, ...] = ()
    season: int | None = None
    episode: int | None = None
    status: AnnouncementStatus = "Created"
    hidden: bool = False
    """An operator has hidden its texts once. Notices then say only what it says now."""
    rated_guests: tuple[PersonId, ...] = ()
    """Guests whom the author has rated."""
    broadcasts: dict[BroadcastId, KnownBroadcast] = {}
    """Those that were neither sent nor cancelled."""

    @property
    def film(self) -> Text:
        """The title of its film; that of a series with season and episode."""
        title = Text(en=self.movie_title, ru=self.movie_title_ru)
        return name_episode(title, self.season, self.episode)

    @property
    def takes_place(self) -> bool:
        """Whether it is published, and neither over nor cancelled."""
        return self.status in ONGOING_STATUSES


class KnownBooking(Struct, frozen=True):
    """A guest's booking as it is now."""

    booking_id: BookingId
    announcement_id: AnnouncementId
    guest_id: PersonId
    pair: Pair
    seated: bool
    """The guest is confirmed, or a seat is held for them."""
    waiting: bool = False
    """The guest stands in line."""

    @property
    def confirmed(self) -> bool:
        return self.pair == CONFIRMED

    @property
    def unanswered(self) -> bool:
        """Whether the guest asks or stands in line, and has no seat so far."""
        return self.pair == REQUESTED

    @property
    def state(self) -> BookingState:
        """Its state; a seat that is offered counts as an invitation."""
        return booking_state(self.pair, waiting=self.waiting)


class KnownPerson(Struct, frozen=True):
    """A person as the journal last named them."""

    person_id: PersonId
    name: str
    language: str = HOME_LANGUAGE
    tz: str = HOME_ZONE
    erased: bool = False
    """The person's data was erased, and they were not seen since."""


class NotifierState:
    """The part of the notifier's state that some events need, and what has changed in it.

    The tables hold all of the state (`notifier.store.state`), which loads such a part, lets it
    `evolve`, and saves what has changed.
    """

    def __init__(
        self,
        announcements: Iterable[KnownAnnouncement] = (),
        bookings: Iterable[KnownBooking] = (),
        erasures: Mapping[PersonId, datetime] = MappingProxyType({}),
        told_of_chats: Iterable[Membership] = (),
    ) -> None:
        """`erasures` are the times of those that were asked for. `told_of_chats` are those who
        have been told of new posts and have not read on since."""
        self.announcements: Final = {one.announcement_id: one for one in announcements}
        self._bookings: Final[dict[AnnouncementId, dict[BookingId, KnownBooking]]] = {}
        self.changed_announcements: Final[set[AnnouncementId]] = set()
        self.changed_bookings: Final[dict[BookingId, KnownBooking]] = {}
        self.changed_people: Final[dict[PersonId, KnownPerson]] = {}
        self.erased_people: Final[set[PersonId]] = set()
        """Those whose data an event erased, also if a later one names them again."""
        self._erasures: Final = dict(erasures)
        self.changed_erasures: Final[dict[PersonId, datetime | None]] = {}
        """By person: when their data is to be erased; None if nobody asks for that any more."""
        self.changed_mutes: Final[dict[tuple[PersonId, PersonId], bool]] = {}
        """By person and author: whether the person mutes the author now."""
        self._told_of_chats: Final = set(told_of_chats)
        self.changed_told_of_chats: Final[dict[Membership, bool]] = {}
        self.changed_plans: Final[dict[tuple[PersonId, MovieId], FilmPlanned | None]] = {}
        """By person and film; None if the plan was given up."""
        self.changed_free_times: Final[dict[PersonId, FreeTimesStated]] = {}
        self.changed_blocks: Final[dict[tuple[PersonId, PersonId], bool]] = {}
        """By person and whom they blocked: whether the block stands now."""
        self.changed_suspensions: Final[dict[PersonId, bool]] = {}
        for one in bookings:
            self._put(one)

    def announcement(self, announcement_id: AnnouncementId) -> KnownAnnouncement:
        """Raises KeyError if it was never created."""
        return self.announcements[announcement_id]

    def find_announcement(self, announcement_id: AnnouncementId | None) -> KnownAnnouncement | None:
        """Return the announcement; None if it is not loaded, or there is none."""
        return None if announcement_id is None else self.announcements.get(announcement_id)

    def bookings(self, announcement_id: AnnouncementId) -> dict[BookingId, KnownBooking]:
        """Return the loaded bookings of an announcement."""
        return self._bookings.get(announcement_id, {})

    def erase_at(self, person_id: PersonId) -> datetime | None:
        """Return when the person's data is to be erased; None if nobody asked for that."""
        return self._erasures.get(person_id)

    def untold_members(self, announcement_id: AnnouncementId) -> list[PersonId]:
        """Return who takes part in a chat and has not been told of new posts, or has read on
        since. All bookings of the announcement must be loaded."""
        confirmed = [
            one.guest_id for one in self.bookings(announcement_id).values() if one.confirmed
        ]
        members = [self.announcement(announcement_id).author_id, *confirmed]
        return [one for one in members if (announcement_id, one) not in self._told_of_chats]

    def evolve(self, event: DomainEvent) -> None:
        """Apply an event. Raises KeyError if its announcement was never created."""
        match event:
            case PersonSeen():
                self.changed_people[event.person_id] = KnownPerson(
                    event.person_id, event.name, event.language, event.tz
                )
            case PersonErasureRequested():
                self._plan_erasure(event.person_id, event.erase_at)
            case PersonErasureWithdrawn():
                self._plan_erasure(event.person_id, None)
            case PersonErased():
                self._erase(event.person_id)
            case FilmPlanned() | FilmUnplanned():
                planned = event if isinstance(event, FilmPlanned) else None
                self.changed_plans[event.person_id, event.movie_id] = planned
            case FreeTimesStated():
                self.changed_free_times[event.person_id] = event
            case PersonMuted() | PersonUnmuted():
                pair = event.person_id, event.host_id
                self.changed_mutes[pair] = isinstance(event, PersonMuted)
            case PersonBlocked() | PersonUnblocked():
                pair = event.person_id, event.blocked_id
                self.changed_blocks[pair] = isinstance(event, PersonBlocked)
            case PersonSuspended() | PersonReinstated():
                suspended = isinstance(event, PersonSuspended)
                self.changed_suspensions[event.person_id] = suspended
            case AnnouncementCreated():
                self._change(_create_announcement(event))
            case AnnouncementEvent():
                self._change(apply_event(self.announcement(event.announcement_id), event))
            case EveningHidden():
                self._change(_hide_announcement(self.announcement(event.announcement_id)))
            case BookingEvent():
                booking = _booking_after(event)
                before = self.bookings(event.announcement_id).get(event.booking_id)
                if before is not None and before.confirmed and not booking.confirmed:
                    self._note_told_of_chat(event.announcement_id, event.guest_id, told=False)
                self.changed_bookings[event.booking_id] = booking
                self._put(booking)
            case RatingGiven():
                self._note_rating(event)
            case PostWritten():
                for member in self.untold_members(event.announcement_id):
                    self._note_told_of_chat(event.announcement_id, member, told=True)
                self._note_told_of_chat(event.announcement_id, event.writer_id, told=False)
            case PostsRead():
                self._note_told_of_chat(event.announcement_id, event.reader_id, told=False)
            case BroadcastEvent():
                self._note_broadcast(event)
            case _:
                pass  # Other events do not change whom to tell.

    def erase_announcements_of(self, person_id: PersonId) -> None:
        """Forget the texts of the person's announcements."""
        for one in list(self.announcements.values()):
            if one.author_id == person_id:
                self._change(_erase_announcement(one))

    def replace_announcement(self, announcement: KnownAnnouncement) -> None:
        """Put this in place of what is known of the announcement."""
        self._change(announcement)

    def _note_told_of_chat(
        self, announcement_id: AnnouncementId, person_id: PersonId, *, told: bool
    ) -> None:
        membership = announcement_id, person_id
        self.changed_told_of_chats[membership] = told
        if told:
            self._told_of_chats.add(membership)
        else:
            self._told_of_chats.discard(membership)

    def _plan_erasure(self, person_id: PersonId, erase_at: datetime | None) -> None:
        self.changed_erasures[person_id] = erase_at
        if erase_at is None:
            self._erasures.pop(person_id, None)
        else:
            self._erasures[person_id] = erase_at

    def _erase(self, person_id: PersonId) -> None:
        """Forget the person's name, the texts of their announcements, their plans, and whom they
        mute and block."""
        self._plan_erasure(person_id, None)
        self.erased_people.add(person_id)
        self.changed_people[person_id] = KnownPerson(person_id, ERASED_NAME, erased=True)
        _drop_what_is_of(person_id, self.changed_mutes)
        _drop_what_is_of(person_id, self.changed_plans)
        _drop_what_is_of(person_id, self.changed_blocks)
        self.changed_free_times.pop(person_id, None)
        self.erase_announcements_of(person_id)

    def _note_rating(self, event: RatingGiven) -> None:
        announcement = self.announcement(event.announcement_id)
        if event.rater_id == announcement.author_id:
            rated = (*announcement.rated_guests, event.ratee_id)
            self._change(structs.replace(announcement, rated_guests=rated))

    def _note_broadcast(self, event: BroadcastEvent) -> None:
        announcement = self.announcement(event.announcement_id)
        waiting = {**announcement.broadcasts}
        waiting.pop(event.broadcast_id, None)
        if isinstance(event, BroadcastWritten | BroadcastChanged):
            waiting[event.broadcast_id] = KnownBroadcast(event.text, event.to)
        self._change(structs.replace(announcement, broadcasts=waiting))

    def _change(self, announcement: KnownAnnouncement) -> None:
        self.announcements[announcement.announcement_id] = announcement
        self.changed_announcements.add(announcement.announcement_id)

    def _put(self, one: KnownBooking) -> None:
        self._bookings.setdefault(one.announcement_id, {})[one.booking_id] = one


def announcement_of(event: DomainEvent) -> AnnouncementId | None:
    """Return the announcement that the event is about. None for events of a family that concerns
    no single announcement, or that is not named here."""
    match event:
        case AnnouncementEvent() | BookingEvent() | RatingEvent() | PostEvent() | BroadcastEvent():
            return event.announcement_id
        case EveningHidden():
            return event.announcement_id
        case _:
            return None


def apply_event(announcement: KnownAnnouncement, event: AnyAnnouncementEvent) -> KnownAnnouncement:
    """Return the announcement after `event`."""
    return structs.replace(announcement, **_known_fields(event))


def _drop_what_is_of(person_id: PersonId, changed: dict[tuple[PersonId, Any], Any]) -> None:
    for key in [key for key in changed if key[0] == person_id]:
        del changed[key]


def _erase_announcement(announcement: KnownAnnouncement) -> KnownAnnouncement:
    """Return the announcement without its author's texts."""
    return structs.replace(
        announcement,
        broadcasts={},
        **{
            field.name: field.erase(getattr(announcement, field.name))
            for field in list_personal_fields(AnnouncementCreated)
            if field.name in KnownAnnouncement.__struct_fields__
        },
    )


def _hide_announcement(announcement: KnownAnnouncement) -> KnownAnnouncement:
    """Return the announcement without the texts that an operator hid."""
    return structs.replace(
        announcement,
        title=HIDDEN_TEXT,
        description=HIDDEN_TEXT,
        event_location=HIDDEN_TEXT,
        location_hint=None,
        hidden=True,
    )


def _create_announcement(event: AnnouncementCreated) -> KnownAnnouncement:
    return KnownAnnouncement(announcement_id=event.announcement_id, **_known_fields(event))


def _known_fields(event: AnyAnnouncementEvent) -> dict[str, Any]:
    """Return those of the fields set by `event` that the notifier keeps."""
    return {
        name: value
        for name, value in announcement_fields(event).items()
        if name in KnownAnnouncement.__struct_fields__
    }


def _booking_after(event: AnyBookingEvent) -> KnownBooking:
    pair = (event.author_status, event.guest_status)
    seated = pair == CONFIRMED or getattr(event, "hold_until", None) is not None
    return KnownBooking(
        event.booking_id, event.announcement_id, event.guest_id, pair, seated, is_waiting(event)
    )
