"""The fold of an evening's past says what the tables said, and rights know the past too."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from contracts.errors import Malformed
from contracts.scoring import UNRATED, Score
from contracts.values.ids import PersonId
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from query_api.announcements.visibility import could_see, could_see_place
from query_api.edge.moments import parse_moment
from query_api.history.as_of import (
    PastAnnouncement,
    build_detail_row,
    build_guest_rows,
    fold_events,
)
from runtime.auth.tokens import Caller
from tests.histories.chain import BEGIN
from tests.histories.random_people import RandomPeople
from tests.unit.query_api.history.past import assert_agrees, group_by_announcement

SEEDS: Final = st.integers(0, 2**32)
HOST: Final = Caller(PersonId("h"))
GUEST: Final = Caller(PersonId("g"))
SUPER: Final = Caller(PersonId("s"), is_super=True)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_fold_says_at_every_position_what_the_tables_said(seed: int) -> None:
    commits = RandomPeople(seed).live(60).chain.commits
    intake, tables = Intake(), MemoryTables()
    for number, commit in enumerate(commits):
        tables.apply(RowBatch(intake.take([commit])))
        for evening_id in group_by_announcement([commit]):
            story = group_by_announcement(commits[: number + 1])[evening_id]
            assert_agrees(fold_events(story), tables, evening_id)


def test_nothing_happened_is_nothing() -> None:
    assert fold_events([]) == PastAnnouncement({}, {})


def booking(name: str, state: str, hours: int) -> dict[str, Any]:
    return {
        "booking_id": f"booking of {name}",
        "guest_id": PersonId(name),
        "state": state,
        "created": BEGIN + timedelta(hours=hours),
    }


PARTY: Final = PastAnnouncement(
    {"ticket_count": 4, "taken": 3, "event_time": BEGIN, "duration_min": 90},
    {
        PersonId("z"): booking("z", "confirmed", 1),
        PersonId("a"): booking("a", "confirmed", 2),
        PersonId("g"): booking("g", "requested", 0),
    },
)


def test_what_the_database_computes_is_computed() -> None:
    row = build_detail_row(PARTY, GUEST.person_id, Score(8.1, 7.0, 3))
    assert (row["tickets_left"], row["guest_count"]) == (1, 2)
    assert row["ends_at"] == BEGIN + timedelta(minutes=90)
    assert (row["my_booking_id"], row["my_state"]) == ("booking of g", "requested")
    assert (row["author_rating"], row["author_rating_count"]) == (8.1, 3)
    assert build_detail_row(PARTY, HOST.person_id, UNRATED)["my_state"] is None


@pytest.mark.parametrize(("everyone", "listed"), [(True, ["g", "z", "a"]), (False, ["z", "a"])])
def test_guests_are_listed_in_the_order_they_came(everyone: bool, listed: list[str]) -> None:
    rows = build_guest_rows(PARTY, {PersonId("z"): "Zoe"}, {}, everyone=everyone)
    assert [row["guest_id"] for row in rows] == listed
    assert {row["guest_name"] for row in rows} == {"Zoe", None}
    assert {row["guest_rating_count"] for row in rows} == {0}


def evening(status: str, visibility: str = "public") -> dict[str, Any]:
    return {"status": status, "visibility": visibility, "author_id": "h", "hide_location": True}


@pytest.mark.parametrize("status", ["Created", "Alive", "Closed", "Done", "Cancelled"])
@pytest.mark.parametrize("visibility", ["public", "subscribers", "invite"])
def test_who_saw_an_evening(status: str, visibility: str) -> None:
    then = evening(status, visibility)
    announced = status in ("Alive", "Closed", "Done")
    follows = [PersonId("h")]
    assert could_see(then, HOST, [], involved=False)
    assert could_see(then, SUPER, [], involved=False)
    assert could_see(then, GUEST, [], involved=True) == (status != "Created")
    assert could_see(then, GUEST, [], involved=False) == (announced and visibility == "public")
    follower = announced and visibility != "invite"
    assert could_see(then, GUEST, follows, involved=False) == follower


def test_who_saw_a_hidden_place() -> None:
    then = evening("Alive")
    assert could_see_place(then, HOST, confirmed=False)
    assert could_see_place(then, SUPER, confirmed=False)
    assert could_see_place(then, GUEST, confirmed=True)
    assert not could_see_place(then, GUEST, confirmed=False)
    assert could_see_place({**then, "hide_location": False}, GUEST, confirmed=False)


def test_a_moment_is_a_position_or_an_instant() -> None:
    def of(text: str) -> Any:
        return parse_moment(QueryParams({"as_of": text}), BEGIN)

    assert of("42") == 42
    assert of("2029-12-31T23:00:00+03:00") == BEGIN - timedelta(hours=4)
    assert of(BEGIN.isoformat()) == BEGIN
    with pytest.raises(Malformed, match="malformed_query") as refused:
        of((BEGIN + timedelta(milliseconds=1)).isoformat())
    assert refused.value.facts == {"parameter": "as_of", "latest": BEGIN}
    with pytest.raises(Malformed, match="naive_time"):
        of("2029-12-31T23:00:00")
    assert parse_moment(QueryParams(), BEGIN) is None
