"""Proof from the events alone that no rule about seats, evenings or ratings was ever broken.

It shares no code with the deciders or the projections. Seats are counted from the pairs
and holds that booking events state, calendars from confirmations, publications and moves.
What must hold holds at every position, that is after every Commit: within one, an evening
may already have moved while its guests have not yet been asked to choose.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET, Struct

from contracts.announcement_events import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementEvent,
    AnnouncementPublished,
    AnyAnnouncementEvent,
)
from contracts.booking_events import (
    AnyBookingEvent,
    BookingEvent,
    BookingHoldShortened,
    BookingInvited,
    BookingOffered,
    BookingUnsettled,
)
from contracts.events import DomainEvent
from contracts.ids import AnnouncementId, BookingId, PersonId
from contracts.rating_events import AnyRatingEvent, RatingEvent
from projector.proof.findings import Findings
from projector.proof.rating_ledger import RatingLedger


class Evening(Struct, gc=False):
    """An announcement as far as seats and calendars go."""

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

    def overlaps(self, other: "Evening") -> bool:
        """Half-open: one may begin when the other ends."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Ledger:
    def __init__(self) -> None:
        self.over_capacity: Final = Findings()
        self.double_confirmed: Final = Findings()
        self.contradictions: Final = Findings()
        """Events that state another number of taken seats than there are, that speak of an
        evening that never was announced, or break a rule about ratings."""
        self._ratings = RatingLedger()
        self._evenings: dict[AnnouncementId, Evening] = {}
        self._seated: dict[BookingId, bool] = {}
        """Bookings that take a seat: true where confirmed, false where it is held."""
        self._guests: dict[AnnouncementId, set[PersonId]] = {}
        """Confirmed guests of evenings that take place, or may yet."""
        self._busy: dict[PersonId, set[AnnouncementId]] = {}
        """Evenings a person hosts or is confirmed at, over and cancelled ones left out."""
        self._recount: set[AnnouncementId] = set()
        self._meet: set[tuple[PersonId, AnnouncementId]] = set()

    def record(self, seq: int, events: Iterable[DomainEvent]) -> None:
        """Enter one Commit's events and check all that they touched."""
        for event in events:
            self._ratings.note(event)
            self._enter(seq, event)
        if self._recount:
            self._check_seats(seq)
        if self._meet:
            self._check_calendars(seq)

    def _enter(self, seq: int, event: DomainEvent) -> None:
        match event:
            case RatingEvent():
                for broken in self._ratings.rate(event):
                    self._contradict(seq, event, broken)
            case AnnouncementCreated() | AnnouncementChanged() if not self._ends(event):
                self._contradict(seq, event, "the evening ends at no time that there is")
            case AnnouncementCreated():
                self._announce(event)
            case AnnouncementEvent() | BookingEvent() if (
                event.announcement_id not in self._evenings
            ):
                self._contradict(seq, event, "the evening was never announced")
            case BookingEvent():
                self._seat(seq, event)
            case AnnouncementEvent():
                self._change(event)
            case _:  # Nothing else takes a seat or an evening.
                pass

    def _ends(self, event: AnnouncementCreated | AnnouncementChanged) -> bool:
        """Whether an evening that begins then, and lasts so long, has an end."""
        known = self._evenings.get(event.announcement_id)
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

    def _announce(self, event: AnnouncementCreated) -> None:
        self._evenings[event.announcement_id] = Evening(
            event.author_id,
            event.event_time,
            timedelta(minutes=event.duration_min),
            event.ticket_count,
        )
        self._busy.setdefault(event.author_id, set()).add(event.announcement_id)

    def _seat(self, seq: int, event: AnyBookingEvent) -> None:
        evening = self._evenings[event.announcement_id]
        before = self._seated.get(event.booking_id)
        after = _seat_after(event)
        evening.taken += (after is not None) - (before is not None)
        if event.taken != evening.taken:
            self._contradict(seq, event, f"{event.taken} taken, counted {evening.taken}")
        if after is None:
            self._seated.pop(event.booking_id, None)
        else:
            self._seated[event.booking_id] = after
        if after is True:
            self._confirm(event.announcement_id, event.guest_id)
        elif before is True:
            self._guests.get(event.announcement_id, set()).discard(event.guest_id)
            self._busy.get(event.guest_id, set()).discard(event.announcement_id)
        self._recount.add(event.announcement_id)

    def _confirm(self, announcement_id: AnnouncementId, guest_id: PersonId) -> None:
        self._guests.setdefault(announcement_id, set()).add(guest_id)
        self._busy.setdefault(guest_id, set()).add(announcement_id)
        self._meet.add((guest_id, announcement_id))

    def _change(self, event: AnyAnnouncementEvent) -> None:
        evening = self._evenings[event.announcement_id]
        match event:
            case AnnouncementChanged():
                if event.ticket_count is not UNSET:
                    evening.ticket_count = event.ticket_count
                    self._recount.add(event.announcement_id)
                if event.event_time is not UNSET:
                    evening.starts_at = event.event_time
                    self._meet_all(event.announcement_id, evening)
            case AnnouncementPublished():
                evening.takes_place = True
                self._meet_all(event.announcement_id, evening)
            case AnnouncementCancelled() | AnnouncementDone():
                self._end(event.announcement_id, evening)
            case _:  # Closed and reopened evenings take place all the same.
                pass

    def _meet_all(self, announcement_id: AnnouncementId, evening: Evening) -> None:
        for person_id in (evening.author_id, *self._guests.get(announcement_id, ())):
            self._meet.add((person_id, announcement_id))

    def _end(self, announcement_id: AnnouncementId, evening: Evening) -> None:
        evening.takes_place = False
        for person_id in (evening.author_id, *self._guests.pop(announcement_id, ())):
            self._busy.get(person_id, set()).discard(announcement_id)

    def _check_seats(self, seq: int) -> None:
        for announcement_id in self._recount:
            evening = self._evenings[announcement_id]
            over = evening.taken > evening.ticket_count
            if over and not evening.over_capacity:
                self.over_capacity.add(
                    position=seq,
                    announcement_id=announcement_id,
                    ticket_count=evening.ticket_count,
                    taken=evening.taken,
                )
            evening.over_capacity = over
        self._recount.clear()

    def _check_calendars(self, seq: int) -> None:
        found = {
            (person_id, *sorted((announcement_id, other_id)))
            for person_id, announcement_id in self._meet
            for other_id in self._clashes(person_id, announcement_id)
        }
        for person_id, first, second in sorted(found):
            self.double_confirmed.add(
                position=seq, person_id=person_id, announcement_ids=[first, second]
            )
        self._meet.clear()

    def _clashes(
        self, person_id: PersonId, announcement_id: AnnouncementId
    ) -> Iterator[AnnouncementId]:
        evening = self._evenings[announcement_id]
        busy = self._busy.get(person_id, set())
        if not evening.takes_place or announcement_id not in busy:
            return
        for other_id in busy:
            other = self._evenings[other_id]
            if other is not evening and other.takes_place and evening.overlaps(other):
                yield other_id

    def _contradict(
        self, seq: int, event: AnyAnnouncementEvent | AnyBookingEvent | AnyRatingEvent, reason: str
    ) -> None:
        self.contradictions.add(position=seq, announcement_id=event.announcement_id, reason=reason)


def _seat_after(event: AnyBookingEvent) -> bool | None:
    """True: confirmed. False: held. None: the booking takes no seat."""
    if event.author_status is True and event.guest_status is True:
        return True
    match event:
        case BookingOffered() | BookingUnsettled() | BookingHoldShortened():
            return False
        case BookingInvited() if event.hold_until is not None:
            return False
        case _:
            return None
