"""A timetable finds what a walk over all engagements finds."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from command_api.domain.person.timetable import NOTHING, Engagement, Timetable
from tests.unit.command_api.domain.spec import NOON

Numbered = Engagement[str]

spans = st.tuples(st.integers(0, 40), st.integers(0, 12))
engagements = st.builds(
    lambda span, id: engage(span[0], span[1], id), spans, st.sampled_from("abcdefgh")
)


def engage(begins: int, lasts: int, id: str) -> Numbered:
    begins_at = NOON + timedelta(hours=begins)
    return Engagement(begins_at, id, begins_at + timedelta(hours=lasts))


@given(st.lists(st.tuples(st.booleans(), engagements), max_size=40), spans)
def test_it_finds_what_a_walk_finds(
    changes: list[tuple[bool, Numbered]], span: tuple[int, int]
) -> None:
    timetable: Timetable[str] = NOTHING
    plain: set[Numbered] = set()
    for adds, one in changes:
        timetable = timetable.add(one) if adds else timetable.remove(one)
        (plain.add if adds else plain.discard)(one)
    assert timetable.engagements == tuple(sorted(plain))
    assert timetable.ids == tuple(one.id for one in sorted(plain))
    assert len(timetable) == len(plain)
    begins_at = NOON + timedelta(hours=span[0])
    ends_at = begins_at + timedelta(hours=span[1])
    overlapping = [one for one in plain if one.begins_at < ends_at and begins_at < one.ends_at]
    assert timetable.find_between(begins_at, ends_at) == sorted(overlapping, reverse=True)


def test_what_touches_does_not_overlap() -> None:
    timetable = NOTHING.add(engage(10, 2, "before")).add(engage(14, 2, "after"))
    between = engage(12, 2, "between")
    assert timetable.find_between(between.begins_at, between.ends_at) == []


def test_a_long_one_is_found_behind_many_short_ones() -> None:
    timetable = NOTHING.add(engage(0, 100, "long"))
    for hour in range(80):
        timetable = timetable.add(engage(hour, 1, f"short-{hour}"))
    late = engage(90, 1, "late")
    assert [one.id for one in timetable.find_between(late.begins_at, late.ends_at)] == ["long"]


def test_removing_what_is_not_there_changes_nothing() -> None:
    timetable = NOTHING.add(engage(1, 1, "a"))
    assert timetable.remove(engage(1, 1, "b")) is timetable
    assert timetable.add(engage(1, 1, "a")) is timetable
    assert timetable.remove(engage(1, 1, "a")) is NOTHING
