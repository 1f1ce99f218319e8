"""Whoever has rated is not asked again; both hear once of revealed ratings."""

from datetime import timedelta

import pytest

from contracts.events.announcement import AnnouncementDone
from contracts.events.booking import BookingApproved, BookingRequested
from contracts.events.rating import RatingGiven, RatingRevealed
from contracts.values.ids import ReviewId
from tests.histories.notifier_events import (
    BEGIN,
    NotifierHistory,
    announcement,
    booking,
    created,
    person,
    published,
)
from tests.unit.notifier.folded import Folded


@pytest.fixture
def history() -> NotifierHistory:
    """The evening is over; Anna and Boris were there."""
    told = NotifierHistory()
    told.tell(created(), published())
    for guest in ("anna", "boris"):
        told.tell(booking(BookingRequested, guest, (None, True)), by=guest)
        told.tell(booking(BookingApproved, guest, (True, True)))
    told.tell(AnnouncementDone(announcement_id=announcement(), version=3), by="system")
    return told


def given(rater: str, ratee: str) -> RatingGiven:
    return RatingGiven(
        review_id=ReviewId(f"{rater} of {ratee}"),
        announcement_id=announcement(),
        rater_id=person(rater),
        ratee_id=person(ratee),
        role="guest" if rater == "host" else "host",
        score=8,
        sealed_until=BEGIN + timedelta(days=14),
    )


def revealed(rater: str, ratee: str) -> RatingRevealed:
    return RatingRevealed(
        review_id=ReviewId(f"{rater} of {ratee}"),
        announcement_id=announcement(),
        rater_id=person(rater),
        ratee_id=person(ratee),
        role="guest" if rater == "host" else "host",
        reason="both_rated",
    )


def asked_again(history: NotifierHistory) -> set[str]:
    rows = Folded(history.commits).rows("score_request")
    names = {person(name): name for name in ("host", "anna", "boris")}
    return {names[row.recipient] for row in rows if row.event_time and row.state == "waiting"}


def test_a_guest_who_has_rated_is_not_asked_again(history: NotifierHistory) -> None:
    history.tell(given("anna", "host"), by="anna")
    assert asked_again(history) == {"host", "boris"}


def test_a_host_is_asked_again_until_all_guests_are_rated(history: NotifierHistory) -> None:
    history.tell(given("host", "anna"))
    assert asked_again(history) == {"host", "anna", "boris"}
    history.tell(given("host", "boris"))
    assert asked_again(history) == {"anna", "boris"}


def test_what_is_revealed_both_are_told_of_once(history: NotifierHistory) -> None:
    seq = history.tell(revealed("anna", "host"), revealed("host", "anna"), by="system")
    told = Folded(history.commits).find_notices(seq)
    assert told == {("host", "score_revealed"), ("anna", "score_revealed")}
    assert len(Folded(history.commits).rows("score_revealed")) == 2
