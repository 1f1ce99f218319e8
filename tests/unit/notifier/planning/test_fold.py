"""What is folded again is not sent again, and what cannot be read is parked."""

from datetime import timedelta

from msgspec import Raw, structs

from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    created,
    edited,
    published,
)
from tests.unit.notifier.folded import Folded

START = created().event_time
LATER = START + timedelta(days=2)


def test_what_was_told_before_builds_the_state_and_is_not_told_again(
    history: NotifierHistory,
) -> None:
    before = len(history.commits)
    seq = history.tell(edited(title="Second"))
    folded = Folded(history.commits, told_seq=history.commits[before - 1].seq)
    assert {row.sources[0].seq for row in folded.rows()} == {seq}
    assert len(folded.rows()) == 3


def test_an_event_that_cannot_be_read_stops_its_announcement_alone(
    history: NotifierHistory,
) -> None:
    unknown = Raw(
        b'{"type":"announcement.sung.v1","announcement_id":"%s"}' % announcement().encode()
    )
    history.tell(published("unheard of"))
    history.commits[-1] = structs.replace(history.commits[-1], events=(unknown,))
    history.tell(edited(title="Second"))
    history.tell(created("other"), published("other"))
    folded = Folded(history.commits)
    assert [(one.type, one.key) for one in folded.letters] == [
        ("announcement.sung.v1", announcement()),
        ("announcement.changed.v1", announcement()),
    ]
    assert announcement("other") in {row.announcement_id for row in folded.rows()}


def test_an_evening_that_was_never_created_is_parked(history: NotifierHistory) -> None:
    history.tell(published("unheard of"))
    (letter,) = Folded(history.commits).letters
    assert (letter.key, letter.type) == (announcement("unheard of"), "announcement.published.v1")
