"""Which posts are to stand after an event."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementClosed,
    AnnouncementDone,
)
from contracts.values.targets import TargetName
from notifier.planning.publications import PlannedPublication
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    created,
    edited,
    published,
)
from tests.unit.notifier.folded import Folded

CLUB, SITE = TargetName("club"), TargetName("site")


def opened(**terms: Any) -> NotifierHistory:
    told = NotifierHistory()
    told.tell(created(**{"visibility": "public", "publish_to": (CLUB,)} | terms))
    told.tell(published())
    return told


def planned(history: NotifierHistory) -> list[tuple[int, tuple[TargetName, ...]]]:
    return [(one.revision, one.targets) for one in Folded(history.commits).plan.publications]


def test_a_public_announcement_is_published_once_it_is_no_draft() -> None:
    history = opened()
    (only,) = Folded(history.commits).plan.publications
    assert isinstance(only, PlannedPublication)
    assert (only.announcement_id, only.targets, only.revision) == (
        announcement(),
        (CLUB,),
        history.commits[-1].seq,
    )


@pytest.mark.parametrize("terms", [{"visibility": "subscribers"}, {"publish_to": ()}])
def test_nobody_asked_or_not_everybody_may_know(terms: dict[str, Any]) -> None:
    assert planned(opened(**terms)) == []


def test_targets_may_be_named_later_and_taken_back() -> None:
    history = opened(publish_to=())
    later = history.tell(edited(publish_to=(CLUB, SITE)))
    back = history.tell(edited(publish_to=(SITE,)))
    none = history.tell(edited(publish_to=()))
    assert planned(history) == [(later, (CLUB, SITE)), (back, (SITE,)), (none, ())]


@pytest.mark.parametrize(
    "change", [{"event_time": created().event_time + timedelta(hours=1)}, {"title": "New"}]
)
def test_what_a_post_says_has_changed(change: dict[str, Any]) -> None:
    history = opened()
    changed = history.tell(edited(**change))
    assert planned(history)[1:] == [(changed, (CLUB,))]


def test_seats_and_the_status_of_an_announcement_that_takes_place_change_nothing() -> None:
    history = opened()
    history.tell(edited(ticket_count=9))
    history.tell(AnnouncementClosed(announcement_id=announcement(), version=4, reason="full"))
    history.tell(AnnouncementDone(announcement_id=announcement(), version=4))
    assert len(planned(history)) == 1


@pytest.mark.parametrize(
    "event",
    [
        AnnouncementCancelled(announcement_id=announcement(), version=4, by="author"),
        edited(visibility="invite"),
    ],
)
def test_nothing_stands_that_is_cancelled_or_hidden(event: Any) -> None:
    history = opened()
    ended = history.tell(event)
    assert planned(history)[1:] == [(ended, ())]


def test_what_was_published_before_is_not_planned_again() -> None:
    history = opened()
    told_seq = history.commits[-1].seq
    assert Folded(history.commits, told_seq=told_seq).plan.publications == []
