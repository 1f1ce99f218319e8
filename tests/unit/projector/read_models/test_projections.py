"""Read models: pure, absolute, and in agreement with what the write side answers."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command_api.domain.announcement.state import Announcement
from command_api.domain.booking.state import Booking
from contracts.events.announcement import AnnouncementChanged
from contracts.events.booking import (
    BookingApproved,
    BookingHoldLapsed,
    BookingHoldShortened,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingPreapproved,
    BookingReleased,
    BookingRequested,
    BookingResettled,
    BookingUnqueued,
    BookingUnsettled,
)
from contracts.events.stored.codec import decode_event
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.records import Commit
from contracts.values.ids import AnnouncementId, BookingId, PersonId
from projector.read_models import projections
from projector.read_models.batch import RowBatch
from projector.read_models.intake import Intake
from projector.read_models.memory import MemoryTables
from projector.read_models.project import TABLES, project
from projector.read_models.projections.announcements import ANNOUNCEMENTS
from projector.read_models.projections.bookings import BOOKINGS
from projector.read_models.projections.people import PEOPLE
from projector.read_models.read_model import EventContext
from tests.histories.random_people import RandomPeople, cut_randomly
from tests.paths import SAMPLES

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANNA: Final = "1f0e8a1c-52a5-4b0e-a0ad-b7f6dfa1c001"
SEEDS: Final = st.integers(0, 2**32)
IDS: Final[dict[str, Any]] = {
    "booking_id": BookingId("b"),
    "announcement_id": AnnouncementId("a"),
    "guest_id": PersonId("g"),
}


def folded(parts: Iterable[Sequence[Commit]]) -> MemoryTables:
    intake, tables = Intake(), MemoryTables()
    for part in parts:
        tables.apply(RowBatch(intake.take(part)))
    return tables


def booking_after(*events: DomainEvent) -> dict[str, Any]:
    """The row of booking `b`; the first event has seq 1 and happens at noon, each further
    one an hour later."""
    tables = MemoryTables()
    for hours, event in enumerate(events):
        for put in project(event, EventContext(NOON + timedelta(hours=hours), hours + 1, "g")):
            tables.put(put)
    return tables.row(BOOKINGS, "b")


def requested(*, waiting: bool = False, message: str | None = None) -> BookingRequested:
    return BookingRequested(
        **IDS,
        author_status=None,
        guest_status=True,
        taken=0,
        author_id=PersonId("h"),
        waiting=waiting,
        message=message,
    )


def preapproved() -> BookingPreapproved:
    return BookingPreapproved(**IDS, author_status=None, guest_status=True, taken=0)


# Against the write side


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_rows_say_what_the_write_side_answers(seed: int) -> None:
    people = RandomPeople(seed).live(80)
    tables = folded([people.chain.commits])
    layer = people.layer
    not_answered = LOG_PLACES | UNSTATED
    assert set(tables.rows["announcements"]) == set(layer.announcements.own)
    assert set(tables.rows["bookings"]) == set(layer.bookings.own)
    for announcement in layer.announcements.own.values():
        row = tables.row(ANNOUNCEMENTS, announcement.id)
        assert {name: row[name] for name in row if name not in UNSTATED} == announcement_row(
            announcement
        )
    for booking in layer.bookings.own.values():
        row = tables.row(BOOKINGS, booking.id)
        assert {name: row[name] for name in row if name not in not_answered} == booking_row(booking)
    for person_id, stored in tables.rows["people"].items():
        person = layer.people.own[PersonId(str(person_id))]
        assert stored == (person_id, person.name, person.language, person.tz)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_the_places_in_line_are_those_of_the_write_side(seed: int) -> None:
    people = RandomPeople(seed, people=9, announcements_at_once=2).live(80)
    tables = folded([people.chain.commits])
    for announcement in people.layer.announcements.own.values():
        places = {one: tables.row(BOOKINGS, one)["queued_seq"] for one in announcement.waitlist}
        assert sorted(places, key=places.__getitem__) == list(announcement.waitlist)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_merged_batches_of_any_size_come_to_the_same_as_one_by_one(seed: int) -> None:
    commits = RandomPeople(seed).live(80).chain.commits
    one_by_one = folded([commit] for commit in commits)
    assert folded([commits]).rows == one_by_one.rows
    assert folded(cut_randomly(commits, Random(seed))).rows == one_by_one.rows


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_history_delivered_again_changes_nothing(seed: int) -> None:
    commits = RandomPeople(seed).live(60).chain.commits
    assert folded([commits, commits]).rows == folded([commits]).rows


LOG_PLACES: Final = {"queued_seq", "changed_seq"}
UNSTATED: Final = {"words_by", "cancel_reason_by", "published"}
"""Columns that only an erasure or a schedule reads, so no answer has them."""


def announcement_row(one: Announcement) -> dict[str, Any]:
    renamed = {
        "announcement_id": one.id,
        "taken": one.taken,
        "created": one.created_at,
        "modified": one.modified_at,
        "publish_to": list(one.publish_to),
    }
    return {
        name: renamed[name] if name in renamed else getattr(one, name)
        for name in ANNOUNCEMENTS.types
        if name not in UNSTATED
    }


def booking_row(one: Booking) -> dict[str, Any]:
    renamed = {"booking_id": one.id, "created": one.created_at, "modified": one.modified_at}
    return {
        name: renamed[name] if name in renamed else getattr(one, name)
        for name in BOOKINGS.types
        if name not in LOG_PLACES | UNSTATED
    }


# The contract of a put


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_event_is_projected_and_a_creation_states_the_whole_row(path: Path) -> None:
    puts = project(decode_event(path.read_bytes()), EventContext(NOON, 1, ANNA))
    assert puts
    for put in puts:
        stated = {put.table.key, *put.columns, *(put.initial or {})}
        assert stated <= set(put.table.types)
        assert put.initial is None or stated == set(put.table.types)
        assert put.table.key not in put.columns
        assert put.initial is None or set(put.initial).isdisjoint(put.table.owners)


def test_a_person_seen_again_has_the_newest_name() -> None:
    event = decode_event(
        b'{"type":"person.seen.v1","person_id":"p","name":"Ada","language":"en","tz":"UTC"}'
    )
    (put,) = project(event, EventContext(NOON, 1, ANNA))
    assert (put.table, put.key) == (PEOPLE, "p")
    assert put.columns == {"name": "Ada", "language": "en", "tz": "UTC"}


def test_every_module_of_the_projections_is_a_read_model_of_its_own() -> None:
    folder = Path(projections.__path__[0])
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {table.name for table in TABLES} == modules
    assert len(TABLES) == len(modules)


# Announcements


def test_bookings_change_the_seats_taken_but_not_the_time_of_change() -> None:
    event = BookingApproved(**IDS, author_status=True, guest_status=True, taken=3)
    seats = [
        put for put in project(event, EventContext(NOON, 1, ANNA)) if put.table is ANNOUNCEMENTS
    ]
    assert [put.columns for put in seats] == [{"taken": 3}]


def test_a_change_states_only_the_fields_that_the_event_states() -> None:
    event = AnnouncementChanged(announcement_id=AnnouncementId("a"), version=4, tz=None)
    (put,) = project(event, EventContext(NOON, 1, ANNA))
    assert put.columns == {"tz": None, "version": 4, "modified": NOON}


# Bookings


def test_a_waiting_request_has_its_place_in_the_order_of_the_journal() -> None:
    row = booking_after(requested(waiting=True))
    assert (row["state"], row["waiting"], row["queued_seq"]) == ("waitlisted", True, 1)


def test_approval_in_advance_keeps_the_place() -> None:
    row = booking_after(requested(waiting=True), preapproved())
    assert (row["state"], row["preapproved"], row["queued_seq"]) == ("waitlisted", True, 1)


def test_asking_again_gives_a_new_place_and_keeps_the_time_of_the_first_word() -> None:
    left = BookingLeft(**IDS, author_status=True, guest_status=False, taken=0)
    row = booking_after(requested(waiting=True), preapproved(), left, requested(waiting=True))
    assert (row["queued_seq"], row["preapproved"]) == (4, False)
    assert (row["created"], row["modified"]) == (NOON, NOON + timedelta(hours=3))


def test_who_no_longer_waits_has_no_place() -> None:
    unqueued = BookingUnqueued(**IDS, author_status=None, guest_status=True, taken=0)
    row = booking_after(requested(waiting=True), unqueued)
    assert (row["state"], row["waiting"], row["queued_seq"]) == ("requested", False, None)


@pytest.mark.parametrize("kind", [BookingOffered, BookingUnsettled])
def test_a_seat_that_waits_for_the_guests_answer_is_offered(kind: type[Any]) -> None:
    more = {"clashes": ()} if kind is BookingUnsettled else {}
    event = kind(**IDS, author_status=True, guest_status=None, taken=1, hold_until=NOON, **more)
    row = booking_after(requested(), event)
    assert (row["state"], row["hold_until"]) == ("offered", NOON)


def test_an_invitation_outlives_its_held_seat() -> None:
    invited = BookingInvited(
        **IDS,
        author_status=True,
        guest_status=None,
        taken=1,
        author_id=PersonId("h"),
        hold_until=NOON,
    )
    lapsed = BookingHoldLapsed(**IDS, author_status=True, guest_status=None, taken=0)
    assert booking_after(invited)["hold_until"] == NOON
    row = booking_after(invited, lapsed)
    assert (row["state"], row["hold_until"]) == ("invited", None)


@pytest.mark.parametrize(("offered", "state"), [(True, "offered"), (False, "invited")])
def test_a_hold_that_was_shortened_is_still_one(offered: bool, state: str) -> None:
    event = BookingHoldShortened(
        **IDS, author_status=True, guest_status=None, taken=1, hold_until=NOON, offered=offered
    )
    row = booking_after(requested(), event)
    assert (row["state"], row["hold_until"]) == (state, NOON)


def test_who_is_confirmed_again_has_a_seat_without_a_deadline() -> None:
    event = BookingResettled(**IDS, author_status=True, guest_status=True, taken=1)
    row = booking_after(requested(), event)
    assert (row["state"], row["hold_until"], row["reason"]) == ("confirmed", None, None)


def test_reason_and_message_are_those_of_the_last_event() -> None:
    released = BookingReleased(
        **IDS, author_status=None, guest_status=False, taken=0, reason="superseded"
    )
    assert booking_after(requested(message="please"))["message"] == "please"
    row = booking_after(requested(message="please"), released)
    assert (row["state"], row["reason"], row["message"]) == ("withdrawn", "superseded", None)
    assert row["reason_by"] == "system"


def test_a_reason_that_a_person_typed_is_that_persons() -> None:
    typed = BookingLeft(**IDS, author_status=True, guest_status=False, taken=0, reason="superseded")
    row = booking_after(requested(), typed)
    assert (row["reason"], row["reason_by"]) == ("superseded", "person")
    assert booking_after(requested())["reason_by"] is None
