"""Quick changes become one notice, and a withdrawal takes back what waits."""

from datetime import timedelta

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingApproved, BookingRejected, BookingRequested
from contracts.events.person import PersonErased
from contracts.values.ids import SYSTEM
from notifier.planning.notice_plan import PlannedNotice
from notifier.state import KnownPerson
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    booking,
    created,
    edited,
    person,
    published,
    seen,
)
from tests.unit.notifier.folded import Folded

START = created().event_time
LATER = START + timedelta(days=2)


def edits(history: NotifierHistory, name: str = "anna") -> list[PlannedNotice]:
    return [row for row in Folded(history.commits).rows("announce_put") if _of(row, name)]


def _of(row: PlannedNotice, name: str) -> bool:
    return row.recipient == person(name)


def test_edits_within_a_minute_are_one_notice_that_keeps_its_sources(
    history: NotifierHistory,
) -> None:
    first = history.tell(edited(title="Second"))
    history.wait(seconds=30)
    second = history.tell(edited(title="Third", ticket_count=7))
    (row,) = edits(history)
    assert [one.seq for one in row.sources] == [first, second]
    assert row.due_at == history.commits[-2].decided_at + timedelta(seconds=60)
    assert row.facts["diff"] == {
        "title": {"old": "Together", "new": "Third"},
        "ticket_count": {"old": 5, "new": 7},
    }


def test_an_edit_after_a_minute_is_another_notice(history: NotifierHistory) -> None:
    history.tell(edited(title="Second"))
    history.wait(seconds=60)
    history.tell(edited(title="Third"))
    assert [row.facts["diff"]["title"]["new"] for row in edits(history)] == ["Second", "Third"]


def test_an_edit_that_is_taken_back_is_not_told(history: NotifierHistory) -> None:
    history.tell(edited(title="Second"))
    history.tell(edited(title="Together"))
    (row,) = edits(history)
    assert (row.state, row.reason) == ("dropped", "taken_back")
    history.tell(edited(title="Third"))
    assert [row.state for row in edits(history)] == ["dropped", "waiting"]


def test_what_is_not_worth_telling_is_not_told(history: NotifierHistory) -> None:
    history.tell(edited(tz="Asia/Omsk", hide_location=False))
    assert edits(history) == []


def test_a_hidden_address_is_told_to_the_confirmed_and_the_author_alone() -> None:
    history = NotifierHistory()
    history.tell(created(hide_location=True), published())
    for guest in ("anna", "boris"):
        history.tell(booking(BookingRequested, guest, (None, True)), by=guest)
    history.tell(booking(BookingApproved, "anna", (True, True)))
    history.tell(edited(event_location="Secret 2"))
    history.tell(edited(event_location="Secret 3"))
    shown = {name: edits(history, name)[0].facts for name in ("host", "anna", "boris")}
    assert shown["host"]["diff"]["event_location"]["new"] == "Secret 3"
    assert shown["anna"]["diff"]["event_location"]["new"] == "Secret 3"
    assert "Secret" not in str(shown["boris"])
    assert shown["boris"]["diff"]["event_location"] == {"hidden": True}


def test_a_cancellation_takes_back_what_waits_to_be_said(history: NotifierHistory) -> None:
    history.tell(edited(title="Second"))
    cancelled = AnnouncementCancelled(announcement_id=announcement(), version=4, by="author")
    history.tell(cancelled)
    assert [row.state for row in edits(history)] == ["dropped"]
    folded = Folded(history.commits)
    assert folded.reminders_of("anna") == folded.reminders_of("host") == set()


def test_a_cancellation_takes_back_the_news_of_bookings_from_those_who_are_told_of_it(
    history: NotifierHistory,
) -> None:
    """Who was turned away is not told of the end, and so still hears of being turned away."""
    history.tell(booking(BookingRejected, "boris", (False, True)))
    history.tell(AnnouncementCancelled(announcement_id=announcement(), version=4, by="author"))
    rows = Folded(history.commits).rows("booking_new", "booking_status", "announce_delete")
    waiting = {(row.recipient, row.kind) for row in rows if row.state == "waiting"}
    assert waiting == {
        (person("boris"), "booking_new"),
        (person("boris"), "booking_status"),
        (person("host"), "announce_delete"),
        (person("anna"), "announce_delete"),
    }
    assert {row.reason for row in rows if row.state == "dropped"} == {"cancelled"}


def test_a_key_names_the_fact_or_the_plan_and_nothing_twice(history: NotifierHistory) -> None:
    seq = history.tell(edited(title="Second"))
    (row,) = edits(history)
    assert row.key == f"{seq}:0:{person('anna')}:announce_put"
    keys = [row.key for row in Folded(history.commits).rows()]
    assert len(keys) == len(set(keys))
    moment = START.isoformat(timespec="milliseconds")
    assert f"{announcement()}:{person('anna')}:remind_day:{moment}" in keys


def test_an_erasure_takes_the_persons_words_and_notices_from_the_plan(
    history: NotifierHistory,
) -> None:
    history.tell(edited(title="Second", ticket_count=7))
    seq = history.tell(PersonErased(person_id=person("host")), by=SYSTEM)
    folded = Folded(history.commits)
    assert {row.facts["title"] for row in folded.rows()} == {"[erased]"}
    assert person("host") not in {row.recipient for row in folded.rows()}
    assert [row.facts["diff"] for row in folded.rows("announce_put") if _of(row, "anna")] == [
        {"ticket_count": {"old": 5, "new": 7}}
    ]
    (fanout,) = folded.plan.fanouts
    assert (fanout.state, fanout.reason) == ("dropped", "erased")
    assert fanout.effect.facts["title"] == "[erased]"
    assert folded.plan.erasures[person("host")].seq == seq


def test_the_state_forgets_an_erased_author_until_they_are_seen_again(
    history: NotifierHistory,
) -> None:
    history.tell(seen("host"))
    history.tell(PersonErased(person_id=person("host")), by=SYSTEM)
    state = Folded(history.commits).state
    known = state.announcement(announcement())
    assert (known.title, known.event_location) == ("[erased]", "[erased]")
    assert known.movie_title == "Solaris"
    assert state.changed_people[person("host")] == KnownPerson(
        person("host"), "erased person", erased=True
    )
    history.tell(seen("host"))
    after = Folded(history.commits).state.changed_people[person("host")]
    assert (after.name, after.erased) == ("Host", False)


def test_nothing_is_planned_for_an_erasure_that_was_told_before(history: NotifierHistory) -> None:
    seq = history.tell(PersonErased(person_id=person("host")), by=SYSTEM)
    folded = Folded(history.commits, told_seq=seq)
    assert not folded.plan.erasures
    assert folded.state.announcement(announcement()).title == "[erased]"
