"""Lets people with random wishes use a cell, and checks what always holds in it.

The rules are stated here a second time, in another form: the moves of §3.1 as a table, the seats
and the calendars as they follow from the bookings alone.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any, Final

from hypothesis import strategies as st

from command_api.domain.announcement.commands import AnnouncementDue
from command_api.domain.announcement.deadlines import next_deadline
from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.commands import HoldDue, RequestBooking
from command_api.domain.booking.deadlines import may_have_held_seat
from command_api.domain.booking.state import Booking
from command_api.domain.calendar import find_overlaps
from command_api.domain.decide import Decision, decide
from command_api.domain.evolution import apply
from command_api.domain.invite_link.commands import (
    MakeInviteLink,
    OpenInviteLink,
    RevokeInviteLink,
)
from command_api.domain.layer import COLLECTIONS, Layer
from command_api.domain.person.timetable import Timetable
from command_api.domain.rules import DEFAULT_RULES, Rules
from command_api.domain.submission import AnyCommand, Submission
from contracts.errors import CommandError, Malformed
from contracts.events.announcement import (
    AnnouncementPublished,
    AnnouncementReopened,
)
from contracts.events.booking import (
    AnyBookingEvent,
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingEvent,
    BookingHoldLapsed,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingPreapproved,
    BookingRejected,
    BookingRequested,
    BookingRevoked,
    BookingUnqueued,
    BookingWithdrawn,
)
from contracts.events.folding.booking_state import Pair
from contracts.events.invite_link import InviteLinkUsed
from contracts.events.stored.codec import decode_event, encode_event
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import SYSTEM, AnnouncementId, InviteLinkId, PersonId
from tests.histories.decided import submit
from tests.unit.command_api.domain.spec import (
    NOON,
    announce,
    ask,
    booking_id,
    cancel,
    change,
    invite,
    say,
)

PEOPLE = [PersonId(f"person-{number}") for number in range(6)]


ANNOUNCEMENTS_AT_ONCE = 4


N, T, F = None, True, False
MOVES: Final[dict[Pair, set[Pair]]] = {
    (N, N): {(N, T), (T, N)},
    (N, T): {(T, T), (F, T), (N, F), (T, N)},
    (T, N): {(T, T), (T, F), (F, N), (N, T)},
    (T, T): {(F, T), (T, F), (T, N)},
    (F, T): {(T, T), (F, F)},
    (T, F): {(T, T), (T, N), (F, F), (N, T)},
    (N, F): {(N, T), (T, N)},
    (F, N): {(T, N)},
    (F, F): {(T, F), (F, T), (T, N)},
}
"""REQUIREMENTS §3.1. (None, None) is before the first word; (None, True) to (True, None) is
an offer, and (True, None) or (True, False) to (None, True) a yes to a full announcement, which
stands in line; (True, True) to (True, None) the question after a move, (False, False) to
(True, None) an invitation that lifts the author's own no."""


OPENING = (AnnouncementPublished, AnnouncementReopened, BookingRequested, BookingOffered)
"""Only before the film begins."""


BY_AUTHOR = (BookingInvited, BookingApproved, BookingPreapproved, BookingRejected, BookingRevoked)


BY_GUEST = (BookingRequested, BookingAccepted, BookingDeclined, BookingWithdrawn, BookingLeft)


class Dice:
    """Decides one step by one number, so that a failing history shrinks to few of them."""

    def __init__(self, number: int) -> None:
        self._left = number

    def of(self, *options: Any) -> Any:
        self._left, place = divmod(self._left, len(options))
        return options[place]

    def start(self) -> float:
        """Return one of few hours from now, so that announcements overlap and touch."""
        chosen: float = self.of(26, 27, 28, 32, 40, 40)
        return chosen


def choose_command(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    """Return somebody's command; sometimes it is not theirs to give."""
    if len(cell.live()) < ANNOUNCEMENTS_AT_ONCE:
        return choose_announcement(dice, cell)
    kinds = [
        *[choose_request] * 5,
        *[choose_answer] * 8,
        choose_invitation,
        *[choose_link] * 2,
        *[choose_change] * 2,
    ]
    actor, body = dice.of(*kinds)(dice, cell)
    if dice.of(*[False] * 19, True) and not isinstance(body, RequestBooking | OpenInviteLink):
        actor = dice.of(*PEOPLE)
    return actor, body


def choose_announcement(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    announcement = AnnouncementId(f"evening-{len(cell.folded.announcements.own)}")
    author = dice.of(*PEOPLE)
    body = announce(
        announcement,
        seats=dice.of(1, 1, 1, 2, 3),
        hours=cell.hours + dice.start(),
        publish=dice.of(True, True, True, False),
        visibility=dice.of("public", "public", "subscribers", "invite"),
        invite=invite(*dice.of((), (dice.of(*PEOPLE), author)), announcement=announcement).guests,
    )
    return author, body


def choose_request(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    guest = dice.of(*PEOPLE)
    follows = dice.of(True, True, True, True, None)
    return guest, ask(guest, dice.of(*cell.live()).id, follows_author=follows)


def choose_answer(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    bookings = list(cell.folded.bookings_of(announcement))
    if not bookings:
        return choose_request(dice, cell)
    waiting = [one for one in bookings if one.waiting]
    pending = [one for one in bookings if one.pending]
    booking = dice.of(*bookings, *pending, *waiting * 4)
    actor = dice.of(booking.author_id, booking.author_id, booking.guest_id)
    yes = dice.of(True, True, True, False) and not booking.confirmed
    return actor, say(yes, booking.guest_id, announcement.id)


def choose_invitation(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    hold = dice.of(None, cell.hours + 12)
    guests = (dice.of(*PEOPLE), dice.of(*PEOPLE))
    return announcement.author_id, invite(*guests, announcement=announcement.id, hold_hours=hold)


def choose_link(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    links = [InviteLinkId(f"{announcement.id}/{number}") for number in range(2)]
    link_id = dice.of(*links)
    if cell.folded.invite_links.get(link_id) is None:
        body = MakeInviteLink(
            announcement_id=announcement.id,
            link_id=link_id,
            uses_max=dice.of(1, 2, None),
            expires_at=dice.of(None, None, cell.now + timedelta(hours=20)),
            waives_approval=dice.of(True, True, False),
        )
        return announcement.author_id, body
    if dice.of(*[False] * 9, True):
        revoking = RevokeInviteLink(announcement_id=announcement.id, link_id=link_id)
        return announcement.author_id, revoking
    guest = dice.of(*PEOPLE)
    opening = OpenInviteLink(link_id=link_id, booking_id=booking_id(guest, announcement.id))
    return guest, opening


def choose_change(dice: Dice, cell: "RandomCell") -> tuple[PersonId, AnyCommand]:
    announcement = dice.of(*cell.live())
    onto_another = dice.of(*cell.live()).event_time
    at = dice.of(dice.start(), 5)
    later = dice.of(onto_another, NOON + timedelta(hours=cell.hours + at))
    body = dice.of(
        change(announcement.id, ticket_count=dice.of(1, 2, 3, 4)),
        change(announcement.id, event_time=later),
        change(announcement.id, event_time=later),
        change(announcement.id, event_time=later, status="Alive"),
        change(announcement.id, status="Alive"),
        change(announcement.id, status="Closed"),
        cancel(announcement.id)
        if dice.of(True, False, False)
        else change(announcement.id, title="New"),
    )
    return announcement.author_id, body


rules = st.sampled_from(
    [DEFAULT_RULES, Rules(gap=timedelta(hours=1)), Rules(pending_blocks=True, requests_max=2)]
)


steps = st.lists(
    # Bytes, because of integers hypothesis tries mostly small ones: all dice would say 0.
    st.binary(min_size=8, max_size=8).map(int.from_bytes),
    min_size=40,
    max_size=120,
)


class RandomCell:
    """Accepted and tentative state as a leader keeps them, and a fold of the stored events."""

    def __init__(self, ruled_by: Rules) -> None:
        self.rules = ruled_by
        self.now = NOON
        self.accepted = Layer.empty()
        self.tentative = Layer.on(self.accepted)
        self.folded = Layer.empty()
        self.recorded: Counter[type[DomainEvent]] = Counter()
        self.uses: Counter[InviteLinkId] = Counter()
        """How often each link was used."""
        self.engaged: dict[PersonId, list[Booking]] = {}
        """Every guest's bookings, over or not, in the order of their last events."""
        self._sent: list[Layer] = []

    @property
    def hours(self) -> float:
        return (self.now - NOON) / timedelta(hours=1)

    def live(self) -> list[Announcement]:
        return [
            one for one in self.folded.announcements.own.values() if not over(self.folded, one.id)
        ]

    def hear(self, actor: PersonId, body: AnyCommand) -> None:
        """Decide, and check all that must hold. Decisions are accepted two behind."""
        command = submit(actor, body)
        before = {one.id: one for one in self.folded.announcements.own.values()}
        try:
            decision = self._decide(command)
        except CommandError:
            return
        self.tentative.absorb(decision.layer)
        for event in decision.events:
            earlier: Booking | None = None
            if isinstance(event, BookingEvent):
                by_link = isinstance(body, OpenInviteLink) and actor == event.guest_id
                self._check_move(actor, event, by_link=by_link)
                earlier = self.folded.bookings.get(event.booking_id)
            apply(self.folded, decode_event(encode_event(event)), self.now, actor)
            if isinstance(event, BookingEvent):
                self._check_seats(event)
                self._check_kept(earlier, event)
                self._engage(event)
            if isinstance(event, OPENING):
                assert self.folded.announcements.own[event.announcement_id].event_time > self.now
        self.recorded.update(map(type, decision.events))
        self._sent.append(decision.layer)
        if len(self._sent) > 2:
            self._accept_oldest()
        for announcement in self.folded.announcements.own.values():
            check_announcement(self.folded, before.get(announcement.id), announcement)
        check_calendars(self.folded, self.rules.gap)
        check_unsettled(self.folded, self.now, self.rules.gap)
        self._check_links(decision)
        check_engagements(self.folded, self.engaged)
        check_overlaps(self.folded, self.rules)
        self._check_rivals(decision)
        self._check_repeated(command)

    def deadlines(self) -> list[AnyCommand]:
        due: list[AnyCommand] = [
            AnnouncementDue(announcement_id=one.id)
            for one in self.folded.announcements.own.values()
            if (at := next_deadline(one)) is not None and at <= self.now
        ]
        return due + [
            HoldDue(booking_id=one.id)
            for one in self.folded.bookings.own.values()
            if one.hold_until is not None
        ]

    def check_layers(self) -> None:
        """Check lookups through both layers. Once all is accepted, both are the fold."""
        self._check_lookups()
        while self._sent:
            self._accept_oldest()
        self._check_lookups()
        for collection in COLLECTIONS:
            assert getattr(self.tentative, collection).own == {}
            accepted, folded = (getattr(one, collection) for one in (self.accepted, self.folded))
            assert accepted.own == folded.own

    def _accept_oldest(self) -> None:
        settled = self._sent.pop(0)
        self.accepted.absorb(settled)
        self.tentative.forget(settled)

    def _check_move(self, actor: PersonId, event: AnyBookingEvent, *, by_link: bool) -> None:
        """Check that the right side moved the pair as it may, and that offers go to the first. A
        guest with a link may have the author's yes to the waitlist."""
        by_link = by_link and isinstance(event, BookingPreapproved)
        announcement = self.folded.announcements.own[event.announcement_id]
        booking = self.folded.bookings.get(event.booking_id)
        before = booking.pair if booking else (None, None)
        after = (event.author_status, event.guest_status)
        # To a guest who was never told of an invitation there is no booking yet.
        anew = booking is not None and booking.untold and after == (N, T)
        assert after == before or anew or after in MOVES[before], (before, event)
        # A draft that is called off, by time as well, takes its invitations back.
        of_draft = isinstance(event, BookingRevoked) and event.untold
        by_author = of_draft or by_link or actor == announcement.author_id
        assert not isinstance(event, BY_AUTHOR) or by_author
        assert not isinstance(event, BY_GUEST) or actor == event.guest_id
        if isinstance(event, BookingOffered):
            line = [self.folded.bookings.own[one] for one in announcement.waitlist]
            assert event.booking_id == next(one.id for one in line if one.preapproved)

    def _check_seats(self, event: AnyBookingEvent) -> None:
        """Check the seats after every event, not only after every decision."""
        announcement = self.folded.announcements.own[event.announcement_id]
        assert event.taken == announcement.taken <= announcement.ticket_count

    def _check_kept(self, earlier: Booking | None, event: AnyBookingEvent) -> None:
        """Check that no end of a hold escapes the agenda. And that an event that leaves the pair as
        it was takes neither the place on the waitlist nor the held seat, unless that is what it is
        about. Whoever adds an event easily forgets to state both
        (`contracts.events.folding.booking_fields`)."""
        now = self.folded.bookings.own[event.booking_id]
        held = earlier is not None and earlier.hold_until is not None
        assert may_have_held_seat(now) or not (held or now.hold_until), event
        if earlier is None or now.pair != earlier.pair:
            return
        assert now.waiting or not earlier.waiting or isinstance(event, BookingUnqueued), event
        assert now.preapproved or not earlier.preapproved or isinstance(event, BookingUnqueued)
        assert now.hold_until or not earlier.hold_until or isinstance(event, BookingHoldLapsed)

    def _engage(self, event: AnyBookingEvent) -> None:
        bookings = self.engaged.setdefault(event.guest_id, [])
        bookings[:] = [one for one in bookings if one.id != event.booking_id]
        bookings.append(self.folded.bookings.own[event.booking_id])

    def _decide(self, command: Submission) -> Decision:
        return decide(command, self.tentative, self.now, self.rules, position=1)

    def _check_repeated(self, command: Submission) -> None:
        try:
            again = self._decide(command)
        except Malformed:
            return
        assert again.events == [], (command, again)

    def _check_links(self, decision: Decision) -> None:
        """Check that no link is used more often than it may be, and that each use is counted."""
        for link in self.folded.invite_links.own.values():
            assert link.uses_max is None or link.used <= link.uses_max
        for event in decision.events:
            if isinstance(event, InviteLinkUsed):
                self.uses[event.link_id] += 1
                assert event.used == self.uses[event.link_id]
                assert any(
                    isinstance(one, BookingEvent) and one.booking_id == event.booking_id
                    for one in decision.events
                )

    def _check_rivals(self, decision: Decision) -> None:
        """Check that a confirmed guest has nothing pending at that time any more."""
        for event in decision.events:
            if isinstance(event, BookingApproved | BookingAccepted):
                announcement = self.folded.announcements.own[event.announcement_id]
                for booking_id in self.folded.people.own[event.guest_id].pending.ids:
                    rival = self.folded.bookings.own[booking_id].announcement_id
                    assert not at_once(
                        announcement, self.folded.announcements.own[rival], self.rules.gap
                    )

    def _check_lookups(self) -> None:
        for announcement_id, announcement in self.folded.announcements.own.items():
            assert self.tentative.announcements.get(announcement_id) == announcement
        for booking_id_, booking in self.folded.bookings.own.items():
            assert self.tentative.bookings.get(booking_id_) == booking
            pair = (booking.announcement_id, booking.guest_id)
            assert self.tentative.booking_of(*pair) == booking
        for person_id, person in self.folded.people.own.items():
            assert self.tentative.person(person_id) == person


def live(cell: RandomCell, history: Iterable[int]) -> None:
    for number in filter(None, history):
        dice = Dice(number)
        cell.now += timedelta(hours=dice.of(*[0] * 30, 0.5, 6, 13))
        for deadline in cell.deadlines() if dice.of(True, False) else ():
            cell.hear(SYSTEM, deadline)
        cell.hear(*choose_command(dice, cell))
    cell.check_layers()


def check_announcement(layer: Layer, before: Announcement | None, now: Announcement) -> None:
    bookings = list(layer.bookings_of(now))
    assert now.confirmed == sum(one.confirmed for one in bookings)
    assert now.held == sum(one.hold_until is not None for one in bookings)
    assert now.taken <= now.ticket_count
    assert all(one.pair != (None, None) and not seated_and_held(one) for one in bookings)
    assert len({one.guest_id for one in bookings}) == len(bookings)
    assert all(one.guest_id != now.author_id for one in bookings)
    if now.status == "Alive":
        assert now.taken < now.ticket_count
    if now.is_full:
        assert now.taken == now.ticket_count
    assert all(one.hold_until <= now.event_time for one in bookings if one.hold_until)
    check_line(before, now, bookings)
    if before is not None:
        assert now.version >= before.version
        assert (
            now.status == before.status
            or now.status not in ("Created", "Done")
            or (before.status in ("Alive", "Closed"))
        )
        if before.status in ("Done", "Cancelled"):
            assert now == before


def seated_and_held(booking: Booking) -> bool:
    return booking.confirmed and booking.hold_until is not None


def check_line(before: Announcement | None, now: Announcement, bookings: list[Booking]) -> None:
    """Check that exactly those who wait are on the waitlist, only while it is full, and that
    nobody is overtaken."""
    assert set(now.waitlist) == {one.id for one in bookings if one.waiting}
    assert len(set(now.waitlist)) == len(now.waitlist)
    assert not now.waitlist or now.is_full or not now.takes_place
    assert all(one.pair == (None, True) for one in bookings if one.waiting or one.preapproved)
    stayed = [one for one in (before.waitlist if before else ()) if one in now.waitlist]
    assert list(now.waitlist[: len(stayed)]) == stayed


def check_calendars(layer: Layer, gap: timedelta) -> None:
    """Check that nobody is guest or author at two announcements that overlap or are too near."""
    busy: dict[PersonId, list[tuple[datetime, datetime]]] = {}
    for announcement in layer.announcements.own.values():
        if announcement.takes_place:
            guests = [one.guest_id for one in layer.bookings_of(announcement) if one.confirmed]
            for person in (announcement.author_id, *guests):
                busy.setdefault(person, []).append((announcement.event_time, announcement.ends_at))
    for times in busy.values():
        for (_, ends_at), (starts_at, _) in pairwise(sorted(times)):
            assert ends_at + gap <= starts_at


def check_unsettled(layer: Layer, now: datetime, gap: timedelta) -> None:
    """Check that a guest who has to choose has something to choose from, and was told what."""
    for booking in layer.bookings.own.values():
        announcement = layer.announcements.own[booking.announcement_id]
        if booking.held_for == "move" and announcement.takes_place:
            clashes = {
                other.id
                for other in layer.announcements.own.values()
                if other is not announcement
                and at_once(announcement, other, gap)
                and (other.author_id == booking.guest_id or attends(layer, booking.guest_id, other))
            }
            assert clashes, booking
            assert booking.hold_until is not None
            assert set(booking.overlapping) == clashes or booking.hold_until <= now, booking


def attends(layer: Layer, guest_id: PersonId, announcement: Announcement) -> bool:
    booking = layer.booking_of(announcement.id, guest_id)
    return booking is not None and booking.confirmed


def check_engagements(layer: Layer, engaged: dict[PersonId, list[Booking]]) -> None:
    """Check that people's own lists follow from the announcements, and from the bookings in the
    order of their last events. Nothing in them is over."""
    for person in layer.people.own.values():
        hosted = [one for one in layer.announcements.own.values() if one.author_id == person.id]
        assert person.drafts == tuple(one.id for one in hosted if one.status == "Created")
        hosting = {one.id: one for one in hosted if one.takes_place}
        check_timetable(person.hosting, hosting)
        lasting = [
            one for one in engaged.get(person.id, []) if not over(layer, one.announcement_id)
        ]
        for timetable, bookings in (
            (person.attending, [one for one in lasting if one.confirmed]),
            (person.pending, [one for one in lasting if one.pending]),
            (person.turned_down, [one for one in lasting if one.pair == (F, T)]),
        ):
            found = {one.id: layer.announcements.own[one.announcement_id] for one in bookings}
            check_timetable(timetable, found)
        assert person.unsettled == tuple(one.id for one in lasting if one.held_for == "move")
        mine = [one.id for one in layer.bookings.own.values() if one.guest_id == person.id]
        assert [one.id for one in layer.bookings_by(person)] == mine[::-1]
        assert [one.id for one in layer.announcements_by(person)] == [one.id for one in hosted][
            ::-1
        ]


def check_timetable(timetable: Timetable[Any], found: dict[Any, Announcement]) -> None:
    """Check that a timetable has exactly these ids, each with the time of its announcement."""
    times = sorted((one.event_time, id, one.ends_at) for id, one in found.items())
    assert [(one.begins_at, one.id, one.ends_at) for one in timetable.engagements] == times
    assert all(one.lasts <= timetable.longest for one in timetable.engagements)


def check_overlaps(layer: Layer, rules: Rules) -> None:
    """Check that what makes each person busy is what a walk over all announcements finds."""
    for announcement, person_id in product(layer.announcements.own.values(), layer.people.own):
        busy = [
            other.id
            for other in layer.announcements.own.values()
            if other is not announcement
            and takes_time(layer, person_id, other)
            and other.event_time < announcement.ends_at + rules.gap
            and announcement.event_time < other.ends_at + rules.gap
        ]
        found = find_overlaps(layer, person_id, announcement, gap=rules.gap)
        assert sorted(one.announcement_id for one in found) == sorted(busy)
        assert [one.event_time for one in found] == sorted(one.event_time for one in found)


def takes_time(layer: Layer, person_id: PersonId, announcement: Announcement) -> bool:
    booking = layer.booking_of(announcement.id, person_id)
    booked = booking is not None and (booking.confirmed or booking.pending)
    return announcement.takes_place and (booked or announcement.author_id == person_id)


def at_once(one: Announcement, other: Announcement, gap: timedelta) -> bool:
    first, second = sorted((one, other), key=lambda announcement: announcement.event_time)
    return first.takes_place and second.takes_place and second.event_time < first.ends_at + gap


def over(layer: Layer, announcement_id: AnnouncementId) -> bool:
    return layer.announcements.own[announcement_id].status in ("Done", "Cancelled")
