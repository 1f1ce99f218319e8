"""What is folded again is not sent again, and what cannot be read is parked."""

from datetime import timedelta

from msgspec import Raw, structs

from contracts.journal.places import EventPlace
from notifier.planning.fold import Gaps, decode_commit, park_all
from tests.histories.notifier_events import (
    NotifierHistory,
    announcement,
    created,
    edited,
    person,
    published,
)
from tests.older_build import teleported
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


def test_a_dead_letter_says_who_caused_it_and_whether_it_was_told(
    history: NotifierHistory,
) -> None:
    traceparent = f"00-{'5a' * 16}-{'7b' * 8}-00"
    unknown = teleported(announcement())
    seq = history.commit(unknown, actor=person("host"), traceparent=traceparent).seq
    history.tell(edited(title="Second"))
    first, second = Folded(history.commits, told_seq=seq).letters
    assert (first.request_id, first.actor, first.told) == ("5a" * 16, person("host"), True)
    assert (second.request_id, second.told) == (None, False)
    private = history.commit(unknown, kind="person.block", traceparent=traceparent)
    assert decode_commit(private).parked[0].request_id is None
    history.commits.pop()
    in_order = park_all(map(decode_commit, history.commits[-2:]), "refused", told_seq=seq)
    assert [(one.seq, one.told) for one in in_order] == [(seq, True), (seq + 1, False)]


def test_what_is_parked_comes_in_the_order_of_its_commit(history: NotifierHistory) -> None:
    history.commit(edited(title="Second"), teleported(announcement()), edited(title="Third"))
    folded = Folded(history.commits)
    assert [one.event_index for one in folded.letters] == [1, 2]
    parked = park_all([decode_commit(history.commits[-1])], "refused", told_seq=0)
    assert [one.event_index for one in parked] == [0, 1, 2]


def test_a_dropped_event_is_left_out_and_stops_nothing(history: NotifierHistory) -> None:
    unknown = history.commit(teleported(announcement())).seq
    known = history.tell(edited(title="Second"))
    last = history.tell(edited(title="Third"))
    dropped = Gaps(dropped={EventPlace(unknown, 0), EventPlace(known, 0)})
    folded = Folded(history.commits, gaps=dropped)
    assert folded.letters == []
    assert folded.state.announcement(announcement()).title == "Third"
    changes = [one.sources for one in folded.rows("announce_put")]
    assert {source.seq for sources in changes for source in sources} == {last}
    commits = map(decode_commit, history.commits[-3:])
    assert [one.seq for one in park_all(commits, "", told_seq=0, gaps=dropped)] == [last]
