"""One person in two cells: what each guarantees by itself, and what the settler adds."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from contracts.values.ids import AnnouncementId, BookingId, PersonId
from tests.simulation.cells.attendances import Attendance, OverlapOfCells, find_overlaps
from tests.simulation.cells.runs import TwoCells

SEEDS = range(12)
EIGHT = datetime(2026, 1, 2, 20, tzinfo=UTC)
ANNA = PersonId("anna")


def engaged(cell: str, *, own: bool = False, since_min: int = 0, starts_min: int = 0) -> Attendance:
    return Attendance(
        cell,
        AnnouncementId("evening"),  # Ids of two cells need not differ here.
        ANNA,
        None if own else BookingId("booking"),
        starts_at=EIGHT + timedelta(minutes=starts_min),
        ends_at=EIGHT + timedelta(minutes=starts_min + 120),
        since=EIGHT - timedelta(days=1) + timedelta(minutes=since_min),
        position=7,
    )


def test_the_earlier_of_two_seats_stays() -> None:
    first, second = engaged("spb"), engaged("msk", since_min=1, starts_min=119)
    for found in ([first, second], [second, first]):
        assert list(find_overlaps(found)) == [OverlapOfCells(stays=first, yields=second)]


def test_of_two_seats_of_the_same_moment_the_cells_names_decide() -> None:
    first, second = engaged("msk"), engaged("spb")
    for found in ([first, second], [second, first]):
        assert list(find_overlaps(found)) == [OverlapOfCells(stays=first, yields=second)]


def test_an_own_evening_stays_even_if_it_came_later() -> None:
    own, seat = engaged("spb", own=True, since_min=5), engaged("msk")
    assert list(find_overlaps([seat, own])) == [OverlapOfCells(stays=own, yields=seat)]


def test_two_own_evenings_are_left_to_their_author() -> None:
    assert list(find_overlaps([engaged("spb", own=True), engaged("msk", own=True)])) == []


def test_one_after_the_other_is_no_overlap() -> None:
    assert list(find_overlaps([engaged("spb"), engaged("msk", starts_min=120)])) == []


@cache
def run(seed: int) -> TwoCells:
    return TwoCells(seed).run()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_overlap_between_two_cells_lasts(seed: int) -> None:
    run(seed)


def test_seats_were_given_up() -> None:
    assert any(run(seed).settled for seed in SEEDS)


def test_without_a_settler_a_person_is_at_two_evenings() -> None:
    """What a cell guarantees ends with its journal."""
    assert any(TwoCells(seed, settles=False).run().open_overlaps() for seed in SEEDS)
