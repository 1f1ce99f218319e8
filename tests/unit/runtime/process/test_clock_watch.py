"""When decisions may rest on a clock, and what time it is then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_api.domain.booking.commands import HoldDue
from command_api.domain.booking.state import Booking
from command_api.domain.deadline import Deadline
from command_api.domain.layer import Layer
from command_api.image.agenda import Agenda
from command_api.leader.log_time import AHEAD_MAX, log_time
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from runtime.process.clock_watch import ClockWatch, ClockWrong

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Clocks:
    """A wall clock that can be set, a steady one, and a journal that is always right."""

    def __init__(self, *, watching: bool = True) -> None:
        self.wall = NOON
        self.true = NOON
        self.watch = ClockWatch(
            lambda: self.wall, lambda: (self.true - NOON).total_seconds(), watching=watching
        )

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.true += timedelta(seconds=seconds)

    def set_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def compare(self, *, read_late_s: float = 0.0, on_its_way_s: float = 0.0) -> None:
        stamp = self.true - timedelta(seconds=read_late_s)
        self.watch.compare(round(stamp.timestamp() * 1000), on_its_way_s=on_its_way_s)


@pytest.mark.parametrize("step_s", [61, -61, 86_400, -86_400])
def test_a_step_is_seen_at_the_next_look_at_the_clock(step_s: float) -> None:
    clocks = Clocks()
    clocks.compare()
    clocks.pass_by(3600)
    assert clocks.watch.now() == NOON + timedelta(hours=1)
    clocks.set_by(step_s)
    with pytest.raises(ClockWrong):
        clocks.watch.now()
    clocks.set_by(-step_s)
    assert clocks.watch.right


def test_before_the_first_comparison_nothing_is_held_against_a_clock() -> None:
    clocks = Clocks()
    clocks.set_by(-3600)
    assert clocks.watch.right


def test_a_comparison_replaces_what_was_known() -> None:
    clocks = Clocks()
    clocks.set_by(300)
    clocks.compare()
    assert not clocks.watch.right
    clocks.set_by(-300)
    assert clocks.watch.right  # A mended clock needs no new record.
    clocks.true += timedelta(seconds=300)
    clocks.wall += timedelta(seconds=900)
    assert not clocks.watch.right
    clocks.wall = clocks.true
    clocks.compare()
    assert clocks.watch.skew_s == 0


def test_an_entry_that_took_its_time_says_nothing_against_a_clock() -> None:
    clocks = Clocks()
    clocks.compare(read_late_s=90, on_its_way_s=100)
    assert clocks.watch.right
    clocks.compare(read_late_s=90)
    assert not clocks.watch.right
    clocks.set_by(-300)
    clocks.compare(read_late_s=90, on_its_way_s=100)
    assert not clocks.watch.right  # However late it was read.


def test_an_entry_that_may_be_old_shows_only_that_a_clock_is_behind() -> None:
    clocks = Clocks()
    clocks.watch.compare(round(clocks.true.timestamp() * 1000) - 3_600_000, may_be_old=True)
    assert clocks.watch.right
    clocks.compare()
    clocks.set_by(86_400)
    clocks.watch.compare(round(clocks.true.timestamp() * 1000), may_be_old=True)
    assert not clocks.watch.right
    clocks.set_by(-86_400)
    assert clocks.watch.right
    clocks.watch.compare(round(clocks.true.timestamp() * 1000) + 3_600_000, may_be_old=True)
    assert not clocks.watch.right


def test_without_a_clock_to_compare_with_the_own_one_is_right() -> None:
    clocks = Clocks(watching=False)
    clocks.compare()
    clocks.set_by(300)
    assert clocks.watch.now() == clocks.wall
    assert clocks.watch.skew_s == 0


@given(st.timedeltas(-3 * DAY, 3 * DAY))
def test_time_stands_still_rather_than_going_back_but_not_for_a_date_no_right_clock_gave(
    ahead: timedelta,
) -> None:
    decided_at = log_time(NOON + ahead, NOON)
    if timedelta(0) <= ahead <= AHEAD_MAX:
        assert decided_at == NOON + ahead
    else:
        assert decided_at == NOON


def test_a_deadline_that_a_fast_clock_found_waits_for_the_clock_that_was_set_right() -> None:
    agenda, changed = Agenda(), Layer.empty()
    deadline = Deadline(NOON + DAY, "booking", HoldDue(booking_id=BookingId("booking")))
    changed.bookings.put(BookingId("booking"), booking_held_until(NOON + DAY))
    agenda.update(changed)
    assert list(agenda.list_due(NOON + 2 * DAY)) == [deadline]
    assert list(agenda.list_due(NOON)) == []
    assert list(agenda.list_due(NOON + DAY)) == [deadline]


def booking_held_until(hold_until: datetime) -> Booking:
    return Booking(
        id=BookingId("booking"),
        announcement_id=AnnouncementId("evening"),
        author_id=PersonId("host"),
        guest_id=PersonId("guest"),
        created_at=NOON,
        modified_at=NOON,
        previous=None,
        previous_of_guest=None,
        author_status=True,
        held_for="offer",
        hold_until=hold_until,
    )
