"""Proves from the events alone that no rule about seats, calendars or ratings was broken.

It shares no code with the deciders or the projections. It counts seats by the statuses and holds
that booking events state, and keeps calendars by confirmations, publications and new times. The
rules about seats and calendars are checked after each whole Commit: within one, an announcement
may already have its new time while its guests have not yet been asked to choose.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET, Struct

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementEvent,
    AnnouncementPublished,
    AnyAnnouncementEvent,
)
from contracts.events.booking import (
    AnyBookingEvent,
    BookingEvent,
    BookingHoldShortened,
    BookingInvited,
    BookingOffered,
    BookingUnsettled,
)
from contracts.events.domain_event import DomainEvent
from contracts.events.rating import AnyRatingEvent, RatingEvent
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from projector.proof.findings import Findings
from projector.proof.rating_rules import RatingRuleProof


class Occupancy(Struct, gc=False):
    """The seats and the time of one announcement."""

    author_id: PersonId
    starts_at: datetime
    duration: timedelta
    ticket_count: int
    taken: int = 0
    takes_place: bool = False
    """Published, and neither over nor cancelled."""
    over_capacity: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.duration

    def overlaps(self, other: "Occupancy") -> bool:
        """Return whether both run at some time. One may begin when the other ends."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class RuleProof:
    """Takes the events of a journal, and collects the rules that they break."""

    def __init__(self) -> None:
        self.over_capacity: Final = Findings()
        self.double_confirmed: Final = Findings()
        self.contradictions: Final = Findings()
        """Events that state a wrong number of taken seats, that name an announcement which was
        never created or give it an impossible end, or that break a rule about ratings."""
        self._ratings = RatingRuleProof()
        self._announcements: dict[AnnouncementId, Occupancy] = {}
        self._seated: dict[BookingId, bool] = {}
        """Bookings that take a seat: True if confirmed, False if the seat is held."""
        self._guests: dict[AnnouncementId, set[PersonId]] = {}
        """Confirmed guests of announcements that are neither over nor cancelled."""
        self._calendars: dict[PersonId, set[AnnouncementId]] = {}
        """Announcements that a person made or is confirmed for, and that are neither over nor
        cancelled."""
        self._to_count: set[AnnouncementId] = set()
        """Announcements whose seats this Commit has changed."""
        self._to_compare: set[tuple[PersonId, AnnouncementId]] = set()
        """Entries of calendars that this Commit has added or moved."""

    def record(self, seq: int, events: Iterable[DomainEvent]) -> None:
        """Take the events of the Commit at `seq`, then check everything that they touched."""
        for event in events:
            self._ratings.note(event)
            self._take(seq, event)
        if self._to_count:
            self._check_seats(seq)
        if self._to_compare:
            self._check_calendars(seq)

    def _take(self, seq: int, event: DomainEvent) -> None:
        match event:
            case RatingEvent():
                for broken in self._ratings.check(event):
                    self._contradict(seq, event, broken)
            case AnnouncementCreated() | AnnouncementChanged() if not self._has_end(event):
                self._contradict(seq, event, "the announcement ends at an impossible time")
            case AnnouncementCreated():
                self._create(event)
            case AnnouncementEvent() | BookingEvent() if (
                event.announcement_id not in self._announcements
            ):
                self._contradict(seq, event, "the announcement was never created")
            case BookingEvent():
                self._seat(seq, event)
            case AnnouncementEvent():
                self._change(event)
            case _:  # Nothing else takes a seat or somebody's time.
                pass

    def _has_end(self, event: AnnouncementCreated | AnnouncementChanged) -> bool:
        """Return whether the announcement's end, as the event states it, can be computed."""
        known = self._announcements.get(event.announcement_id)
        try:
            match event:
                case AnnouncementCreated():
                    event.event_time + timedelta(minutes=event.duration_min)
                case AnnouncementChanged() if event.event_time is not UNSET and known is not None:
                    event.event_time + known.duration
                case _:
                    pass
        except OverflowError:
            return False
        return True

    def _create(self, event: AnnouncementCreated) -> None:
        self._announcements[event.announcement_id] = Occupancy(
            event.author_id,
            event.event_time,
            timedelta(minutes=event.duration_min),
            event.ticket_count,
        )
        self._calendars.setdefault(event.author_id, set()).add(event.announcement_id)

    def _seat(self, seq: int, event: AnyBookingEvent) -> None:
        announcement = self._announcements[event.announcement_id]
        before = self._seated.get(event.booking_id)
        after = _seat_after(event)
        announcement.taken += (after is not None) - (before is not None)
        if event.taken != announcement.taken:
            self._contradict(seq, event, f"{event.taken} taken, counted {announcement.taken}")
        if after is None:
            self._seated.pop(event.booking_id, None)
        else:
            self._seated[event.booking_id] = after
        if after is True:
            self._confirm(event.announcement_id, event.guest_id)
        elif before is True:
            self._guests.get(event.announcement_id, set()).discard(event.guest_id)
            self._calendars.get(event.guest_id, set()).discard(event.announcement_id)
        self._to_count.add(event.announcement_id)

    def _confirm(self, announcement_id: AnnouncementId, guest_id: PersonId) -> None:
        self._guests.setdefault(announcement_id, set()).add(guest_id)
        self._calendars.setdefault(guest_id, set()).add(announcement_id)
        self._to_compare.add((guest_id, announcement_id))

    def _change(self, event: AnyAnnouncementEvent) -> None:
        announcement = self._announcements[event.announcement_id]
        match event:
            case AnnouncementChanged():
                if event.ticket_count is not UNSET:
                    announcement.ticket_count = event.ticket_count
                    self._to_count.add(event.announcement_id)
                if event.event_time is not UNSET:
                    announcement.starts_at = event.event_time
                    self._compare_everybody(event.announcement_id, announcement)
            case AnnouncementPublished():
                announcement.takes_place = True
                self._compare_everybody(event.announcement_id, announcement)
            case AnnouncementCancelled() | AnnouncementDone():
                self._end(event.announcement_id, announcement)
            case _:  # Whether it is closed or reopened, it takes place.
                pass

    def _compare_everybody(self, announcement_id: AnnouncementId, announcement: Occupancy) -> None:
        for person_id in (announcement.author_id, *self._guests.get(announcement_id, ())):
            self._to_compare.add((person_id, announcement_id))

    def _end(self, announcement_id: AnnouncementId, announcement: Occupancy) -> None:
        announcement.takes_place = False
        for person_id in (announcement.author_id, *self._guests.pop(announcement_id, ())):
            self._calendars.get(person_id, set()).discard(announcement_id)

    def _check_seats(self, seq: int) -> None:
        for announcement_id in self._to_count:
            announcement = self._announcements[announcement_id]
            over = announcement.taken > announcement.ticket_count
            if over and not announcement.over_capacity:
                self.over_capacity.add(
                    position=seq,
                    announcement_id=announcement_id,
                    ticket_count=announcement.ticket_count,
                    taken=announcement.taken,
                )
            announcement.over_capacity = over
        self._to_count.clear()

    def _check_calendars(self, seq: int) -> None:
        found = {
            (person_id, *sorted((announcement_id, other_id)))
            for person_id, announcement_id in self._to_compare
            for other_id in self._find_overlaps(person_id, announcement_id)
        }
        for person_id, first, second in sorted(found):
            self.double_confirmed.add(
                position=seq, person_id=person_id, announcement_ids=[first, second]
            )
        self._to_compare.clear()

    def _find_overlaps(
        self, person_id: PersonId, announcement_id: AnnouncementId
    ) -> Iterator[AnnouncementId]:
        announcement = self._announcements[announcement_id]
        calendar = self._calendars.get(person_id, set())
        if not announcement.takes_place or announcement_id not in calendar:
            return
        for other_id in calendar:
            other = self._announcements[other_id]
            if other is not announcement and other.takes_place and announcement.overlaps(other):
                yield other_id

    def _contradict(
        self, seq: int, event: AnyAnnouncementEvent | AnyBookingEvent | AnyRatingEvent, reason: str
    ) -> None:
        self.contradictions.add(position=seq, announcement_id=event.announcement_id, reason=reason)


def _seat_after(event: AnyBookingEvent) -> bool | None:
    """Return True if the booking is confirmed after the event, False if its seat is held, and
    None if it takes no seat."""
    if event.author_status is True and event.guest_status is True:
        return True
    match event:
        case BookingOffered() | BookingUnsettled() | BookingHoldShortened():
            return False
        case BookingInvited() if event.hold_until is not None:
            return False
        case _:
            return None
