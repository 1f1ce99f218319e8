"""Whatever people say, and in whatever order: what always holds (properties)."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from command_api.domain.commands import AnnouncementDue, Command, CreateAnnouncement, HoldDue
from command_api.domain.decide import Decision, decide
from command_api.domain.evolution import apply
from command_api.domain.state import Layer
from contracts.errors import CommandError
from contracts.event_codec import decode_event, encode_event
from contracts.events import BookingEvent
from contracts.ids import SYSTEM, AnnouncementId, PersonId
from tests.unit.domain.spec import NOON, announce, ask, booking_id, cancel, change, invite, say

PEOPLE = [PersonId(f"person-{number}") for number in range(5)]
EVENINGS = [AnnouncementId(f"evening-{number}") for number in range(4)]

people = st.sampled_from(PEOPLE)
evenings = st.sampled_from(EVENINGS)
hours = st.sampled_from([2, 24, 25, 26, 48])
seats = st.integers(1, 3)

bodies = st.one_of(
    st.builds(lambda e, s, h, p: announce(e, seats=s, hours=h, publish=p),
              evenings, seats, hours, st.booleans()),
    st.builds(ask, people, evenings),
    st.builds(lambda yes, guest, e: say(yes, guest, e), st.booleans(), people, evenings),
    st.builds(lambda guests, e, h: invite(*guests, evening=e, hold_hours=h),
              st.lists(people, min_size=1, max_size=2, unique=True), evenings,
              st.sampled_from([None, 1, 20])),
    st.builds(lambda e, s: change(e, ticket_count=s), evenings, seats),
    st.builds(lambda e, h: change(e, event_time=NOON + timedelta(hours=h)), evenings, hours),
    st.builds(lambda e, status: change(e, status=status), evenings,
              st.sampled_from(["Alive", "Closed"])),
    st.builds(cancel, evenings),
    st.builds(lambda e: AnnouncementDue(announcement_id=e), evenings),
    st.builds(lambda g, e: HoldDue(booking_id=booking_id(g, e)), people, evenings),
)  # fmt: skip

steps = st.lists(st.tuples(people, bodies, st.sampled_from([0, 0, 0, 0.5, 12])), max_size=60)


def command(actor: PersonId, body: Any, serial: int) -> Command:
    """A booking's author is whoever announced; half of the answers are the author's."""
    system = isinstance(body, AnnouncementDue | HoldDue)
    return Command(
        id=str(serial),
        actor=SYSTEM if system else actor,
        idempotency_key=str(serial),
        fingerprint="",
        body=body,
    )


def as_somebody_concerned(world: Layer, actor: PersonId, body: Any, serial: int) -> PersonId:
    """Otherwise most commands would be a stranger's."""
    evening_id = getattr(body, "announcement_id", None)
    booking = world.booking(getattr(body, "booking_id", None) or "")  # type: ignore[arg-type]
    if booking is not None:
        return booking.author_id if serial % 2 else booking.guest_id
    evening = world.announcement(evening_id) if evening_id else None
    if evening is not None and not hasattr(body, "booking_id"):
        return evening.author_id
    return actor


@settings(max_examples=300, deadline=None)
@given(steps)
def test_whatever_people_say(history: list[tuple[PersonId, Any, float]]) -> None:
    world, replayed, now = Layer(), Layer(), NOON
    for serial, (actor, body, later) in enumerate(history):
        now += timedelta(hours=later)
        if isinstance(body, CreateAnnouncement) and world.announcement(body.announcement_id):
            continue  # An id is new: the edge makes it.
        actor = as_somebody_concerned(world, actor, body, serial)
        spoken = command(actor, body, serial)
        try:
            decision = decide(spoken, world, now)
        except CommandError:
            continue
        world.absorb(decision.layer)
        for event in decision.events:
            apply(replayed, decode_event(encode_event(event)), now)
        _check_seats(world, decision)
        _check_calendars(world)
        _check_people(world)
        _check_repeated(spoken, world, now)
    for table in ("announcements", "bookings", "pairs", "people", "films"):
        assert getattr(world, table) == getattr(replayed, table)


def _check_seats(world: Layer, decision: Decision) -> None:
    last = {event.announcement_id: event for event in decision.events
            if isinstance(event, BookingEvent)}  # fmt: skip
    for evening in world.announcements.values():
        bookings = list(world.bookings_of(evening))
        assert evening.confirmed == sum(one.confirmed for one in bookings)
        assert evening.held == sum(one.hold_until is not None for one in bookings)
        assert evening.taken <= evening.ticket_count
        assert set(evening.waiting) == {one.id for one in bookings if one.waiting}
        assert all(one.pair != (None, None) for one in bookings)
        if evening.status == "Alive":
            assert evening.taken < evening.ticket_count
        if evening.id in last:
            assert last[evening.id].taken == evening.taken


def _check_calendars(world: Layer) -> None:
    for person in PEOPLE:
        busy = sorted(
            (one.event_time, one.ends_at)
            for one in world.announcements.values()
            if one.takes_place
            and (
                one.author_id == person
                or any(b.confirmed and b.guest_id == person for b in world.bookings_of(one))
            )
        )
        for (_, ends_at), (starts_at, _) in pairwise(busy):
            assert ends_at <= starts_at


def _check_people(world: Layer) -> None:
    for person in world.people.values():
        for booking in world.bookings.values():
            evening = world.announcements[booking.announcement_id]
            if booking.guest_id == person.id and evening.takes_place:
                assert (booking.id in person.attending) == booking.confirmed
                assert (booking.id in person.pending) == booking.pending


def _check_repeated(spoken: Command, world: Layer, now: Any) -> None:
    try:
        again = decide(spoken, world, now)
    except CommandError:
        return
    if not isinstance(spoken.body, CreateAnnouncement):
        assert again.events == []


def test_a_dropped_decision_leaves_no_trace() -> None:
    world = Layer()
    decision = decide(command(PEOPLE[0], announce(EVENINGS[0]), 0), world, NOON)
    assert decision.events
    assert not world.announcements
    tentative = Layer(world)
    tentative.absorb(decision.layer)
    world.absorb(decision.layer)
    tentative.forget(decision.layer)
    assert not tentative.announcements
    assert tentative.announcement(EVENINGS[0]) is world.announcements[EVENINGS[0]]
