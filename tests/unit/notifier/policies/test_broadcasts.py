"""A word to all guests reaches those in the states it names, and nobody else."""

from typing import Any

import pytest

from contracts.events.booking import BookingInvited, BookingRequested
from contracts.events.broadcast import Audience, BroadcastCancelled, BroadcastSent, BroadcastWritten
from contracts.values.ids import BroadcastId
from notifier.kinds import find_obstacle
from notifier.rights import Relation
from notifier.state import KnownBooking
from tests.histories.notifier_events import NotifierHistory, announcement, booking, person
from tests.unit.notifier.folded import Folded

WORD: dict[str, Any] = {"announcement_id": announcement(), "broadcast_id": BroadcastId("word")}


def written(*to: Audience) -> BroadcastWritten:
    return BroadcastWritten(**WORD, author_id=person("host"), text="Ring twice", to=to)


def told(history: NotifierHistory, *to: Audience) -> set[str]:
    """Return whom a broadcast to these is told."""
    history.tell(written(*to))
    seq = history.tell(BroadcastSent(**WORD, reaches=0), by="system")
    return {name for name, _ in Folded(history.commits).find_notices(seq)}


@pytest.fixture
def history(history: NotifierHistory) -> NotifierHistory:
    """Vera is invited, and Gleb stands in line."""
    history.tell(booking(BookingInvited, "vera", (True, None)))
    history.tell(booking(BookingRequested, "gleb", (None, True), waiting=True), by="gleb")
    return history


@pytest.mark.parametrize(
    ("to", "names"),
    [
        (["confirmed"], {"anna"}),
        (["requested"], {"boris"}),
        (["waitlisted"], {"gleb"}),
        (["invited"], {"vera"}),
        (["confirmed", "waitlisted"], {"anna", "gleb"}),
    ],
)
def test_a_word_reaches_whom_it_names(
    history: NotifierHistory, to: list[Audience], names: set[str]
) -> None:
    assert told(history, *to) == names


def test_the_words_are_the_hosts_and_go_with_them(history: NotifierHistory) -> None:
    told(history, "confirmed")
    (row,) = Folded(history.commits).rows("host_message")
    assert (row.facts["message"], row.facts["words_by"]) == ("Ring twice", person("host"))


def test_what_was_sent_or_cancelled_is_not_remembered(history: NotifierHistory) -> None:
    told(history, "confirmed")
    assert Folded(history.commits).state.announcement(announcement()).broadcasts == {}
    history.tell(written("confirmed"))
    assert Folded(history.commits).state.announcement(announcement()).broadcasts
    history.tell(BroadcastCancelled(**WORD, by="author"))
    assert Folded(history.commits).state.announcement(announcement()).broadcasts == {}


@pytest.mark.parametrize(
    ("pair", "obstacle"),
    [((None, True), None), ((True, True), None), ((False, True), "not_involved")],
)
def test_who_was_turned_away_meanwhile_does_not_get_it(
    history: NotifierHistory, pair: Any, obstacle: str | None
) -> None:
    evening = Folded(history.commits).state.announcement(announcement())
    mine = KnownBooking(booking_of("boris"), announcement(), person("boris"), pair, seated=False)
    facts = {"to": ["requested"]}
    assert find_obstacle("host_message", facts, person("boris"), Relation(evening, mine)) == (
        obstacle
    )


def booking_of(name: str) -> Any:
    return booking(BookingRequested, name, (None, True)).booking_id
