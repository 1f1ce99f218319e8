"""Proves from the events alone that no rule about seats, calendars, ratings or chats was broken,
and that nobody was erased on whom an announcement depended.

It shares no code with the deciders or the projections. It counts seats by the statuses and holds
that booking events state, and keeps calendars by confirmations, publications and new times. The
rules about seats and calendars are checked after each whole Commit: within one, an announcement
may already have its new time while its guests have not yet been asked to choose.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from msgspec import UNSET

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
from contracts.events.person import PersonErased
from contracts.events.post import AnyPostEvent, PostEvent
from contracts.events.rating import AnyRatingEvent, RatingEvent
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import AnnouncementId, PersonId
from projector.proof.announcement_state import (
    AnnouncementState,
    FindState,
    Occupancy,
    StatesInMemory,
)
from projector.proof.findings import Findings
from projector.proof.noun_rules.chats import find_broken_chat_rules
from projector.proof.noun_rules.ratings import find_broken_rules, note_for_ratings

OF_ANNOUNCEMENTS: Final = (BookingEvent, AnnouncementEvent, RatingEvent, PostEvent)

AnyEvent = AnyBookingEvent | AnyAnnouncementEvent | AnyRatingEvent | AnyPostEvent
Calendars = dict[PersonId, set[AnnouncementId]]


class RuleProof:
    """Takes the events of a journal, and collects the rules that they break.

    It keeps in memory what takes place. Where the states of announcements are kept is up to
    `find_state`.
    """

    def __init__(
        self, find_state: FindState | None = None, calendars: Calendars | None = None
    ) -> None:
        """Begin with an empty journal, or go on from the states and calendars of another proof."""
        self.over_capacity: Final = Findings()
        self.double_confirmed: Final = Findings()
        self.contradictions: Final = Findings()
        """Events that state a wrong number of taken seats, that name an announcement which was
        never created or give it an impossible end, that break a rule about ratings or chats, or
        that erase somebody who still makes or attends an announcement."""
        self.calendars: Final[Calendars] = {} if calendars is None else calendars
        """Announcements that a person made or is confirmed for, and that are neither over nor
        cancelled."""
        self._find_state = find_state or StatesInMemory().find
        self._to_count: set[AnnouncementId] = set()
        """Announcements whose seats this Commit has changed."""
        self._to_compare: set[tuple[PersonId, AnnouncementId]] = set()
        """Entries of calendars that this Commit has added or moved."""

    def record(self, seq: int, events: Iterable[DomainEvent]) -> None:
        """Take the events of the Commit at `seq`, then check everything that they touched."""
        for event in events:
            if isinstance(event, OF_ANNOUNCEMENTS):
                self._take(seq, event, self._find_state(event.announcement_id))
            elif isinstance(event, PersonErased):
                self._check_disengaged(seq, event.person_id)
            # Nothing else takes a seat or somebody's time.
        if self._to_count:
            self._check_seats(seq)
        if self._to_compare:
            self._check_calendars(seq)

    def _check_disengaged(self, seq: int, person_id: PersonId) -> None:
        for announcement_id in sorted(self.calendars.get(person_id, ())):
            reason = "its author or a confirmed guest is erased"
            self.contradictions.add(position=seq, announcement_id=announcement_id, reason=reason)

    def _take(
        self,
        seq: int,
        event: AnyEvent,
        state: AnnouncementState,
    ) -> None:
        note_for_ratings(state, event)
        occupancy = state.occupancy
        match event:
            case RatingEvent():
                for broken in find_broken_rules(state, event):
                    self._contradict(seq, event, broken)
            case PostEvent():
                for broken in find_broken_chat_rules(state, event, seq):
                    self._contradict(seq, event, broken)
            case AnnouncementCreated() | AnnouncementChanged() if not _has_end(event, occupancy):
                self._contradict(seq, event, "the announcement ends at an impossible time")
            case AnnouncementCreated():
                self._create(event, state)
            case _ if occupancy is None:
                self._contradict(seq, event, "the announcement was never created")
            case BookingEvent():
                self._seat(seq, event, state, occupancy)
            case _:
                self._change(event, state, occupancy)

    def _create(self, event: AnnouncementCreated, state: AnnouncementState) -> None:
        state.occupancy = Occupancy(
            event.author_id,
            event.event_time,
            timedelta(minutes=event.duration_min),
            event.ticket_count,
        )
        self.calendars.setdefault(event.author_id, set()).add(event.announcement_id)

    def _seat(
        self, seq: int, event: AnyBookingEvent, state: AnnouncementState, occupancy: Occupancy
    ) -> None:
        before = state.seated.get(event.booking_id)
        after = _seat_after(event)
        occupancy.taken += (after is not None) - (before is not None)
        if event.taken != occupancy.taken:
            self._contradict(seq, event, f"{event.taken} taken, counted {occupancy.taken}")
        if after is None:
            state.seated.pop(event.booking_id, None)
        else:
            state.seated[event.booking_id] = after
        if after is True:
            self.calendars.setdefault(event.guest_id, set()).add(event.announcement_id)
            self._to_compare.add((event.guest_id, event.announcement_id))
        elif before is True:
            self._leave_calendar(event.guest_id, event.announcement_id)
        self._to_count.add(event.announcement_id)

    def _change(
        self, event: AnyAnnouncementEvent, state: AnnouncementState, occupancy: Occupancy
    ) -> None:
        people = (occupancy.author_id, *state.guests)
        match event:
            case AnnouncementChanged():
                if event.ticket_count is not UNSET:
                    occupancy.ticket_count = event.ticket_count
                    self._to_count.add(event.announcement_id)
                if event.event_time is not UNSET:
                    occupancy.starts_at = event.event_time
                    self._to_compare.update((one, event.announcement_id) for one in people)
            case AnnouncementPublished():
                occupancy.takes_place = True
                self._to_compare.update((one, event.announcement_id) for one in people)
            case AnnouncementCancelled() | AnnouncementDone():
                occupancy.takes_place = False
                for person_id in people:
                    self._leave_calendar(person_id, event.announcement_id)
            case _:  # Whether it is closed or reopened, it takes place.
                pass

    def _leave_calendar(self, person_id: PersonId, announcement_id: AnnouncementId) -> None:
        if (calendar := self.calendars.get(person_id)) is not None:
            calendar.discard(announcement_id)
            if not calendar:
                del self.calendars[person_id]

    def _check_seats(self, seq: int) -> None:
        for announcement_id in self._to_count:
            occupancy = self._find_occupancy(announcement_id)
            assert occupancy is not None
            over = occupancy.taken > occupancy.ticket_count
            if over and not occupancy.over_capacity:
                self.over_capacity.add(
                    position=seq,
                    announcement_id=announcement_id,
                    ticket_count=occupancy.ticket_count,
                    taken=occupancy.taken,
                )
            occupancy.over_capacity = over
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
        occupancy = self._find_occupancy(announcement_id)
        calendar = self.calendars.get(person_id, ())
        if occupancy is None or not occupancy.takes_place or announcement_id not in calendar:
            return
        for other_id in calendar:
            if other_id == announcement_id:
                continue
            other = self._find_occupancy(other_id)
            if other is not None and other.takes_place and occupancy.overlaps(other):
                yield other_id

    def _find_occupancy(self, announcement_id: AnnouncementId) -> Occupancy | None:
        return self._find_state(announcement_id).occupancy

    def _contradict(self, seq: int, event: AnyEvent, reason: str) -> None:
        self.contradictions.add(position=seq, announcement_id=event.announcement_id, reason=reason)


def _has_end(event: AnnouncementCreated | AnnouncementChanged, known: Occupancy | None) -> bool:
    """Return whether the announcement's end, as the event states it, can be computed."""
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
