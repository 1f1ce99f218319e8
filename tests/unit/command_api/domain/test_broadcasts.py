"""A word to all guests: planned, changed, moved with the evening, and sent once."""

from datetime import timedelta
from typing import Any, Final

import pytest

from command_api.domain.broadcast.commands import (
    BroadcastDue,
    CancelBroadcast,
    ChangeBroadcast,
    WriteBroadcast,
)
from command_api.domain.broadcast.state import Broadcast
from command_api.domain.person.commands import SuspendPerson
from command_api.domain.rules import Rules
from contracts.errors import Forbidden, Malformed, NotFound
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementDone,
)
from contracts.events.broadcast import (
    BroadcastCancelled,
    BroadcastChanged,
    BroadcastSent,
    BroadcastWritten,
)
from contracts.values.ids import OPERATOR, BroadcastId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    DUE,
    NOON,
    Spec,
    announce,
    ask,
    cancel,
    change,
    due,
    invite,
    say,
)

WORD: Final = BroadcastId("word")
WORD_DUE: Final = BroadcastDue(broadcast_id=WORD)
GONE: Final = CancelBroadcast(announcement_id=ANNOUNCEMENT, broadcast_id=WORD)


def write(word: BroadcastId = WORD, **fields: Any) -> WriteBroadcast:
    given: dict[str, Any] = {"text": "Ring twice", "to": ("confirmed",)}
    return WriteBroadcast(announcement_id=ANNOUNCEMENT, broadcast_id=word, **given | fields)


def rewrite(**fields: Any) -> ChangeBroadcast:
    return ChangeBroadcast(announcement_id=ANNOUNCEMENT, broadcast_id=WORD, **fields)


def in_hours(hours: float) -> Any:
    return NOON + timedelta(hours=hours)


@pytest.fixture
def evening(spec: Spec) -> Spec:
    """In 24 hours: Ann is confirmed, Ben asks, Cat is invited."""
    spec.given(AUTHOR, announce(seats=5)).given(ANN, ask(ANN)).given(BEN, ask(BEN))
    return spec.given(AUTHOR, say(True, ANN), invite(CAT))


def word(spec: Spec) -> Broadcast:
    found = spec.layer.broadcasts.get(WORD)
    assert found is not None
    return found


def test_a_word_without_a_time_goes_at_once_to_the_states_it_names(evening: Spec) -> None:
    evening.when(AUTHOR, write(to=("confirmed", "invited"))).then(
        (BroadcastWritten, {"text": "Ring twice", "author_id": AUTHOR}),
        (BroadcastSent, {"reaches": 2}),
    )
    due(evening, WORD_DUE).then_nothing()


def test_a_planned_word_goes_once_at_its_time(evening: Spec) -> None:
    evening.when(AUTHOR, write(at=in_hours(3))).then((BroadcastWritten, {"at": in_hours(3)}))
    due(evening.at(2.9), WORD_DUE).then_nothing()
    due(evening.at(3), WORD_DUE).then((BroadcastSent, {"reaches": 1}))
    due(evening, WORD_DUE).then_nothing()


def test_a_word_before_the_start_moves_with_it(evening: Spec) -> None:
    evening.given(AUTHOR, write(before_start_min=60))
    assert word(evening).due_at == in_hours(23)
    evening.when(AUTHOR, change(event_time=in_hours(48))).then((AnnouncementChanged, {}))
    assert word(evening).due_at == in_hours(47)
    due(evening.at(23), WORD_DUE).then_nothing()
    due(evening.at(47), WORD_DUE).then((BroadcastSent, {}))
    evening.when(AUTHOR, change(event_time=in_hours(72))).then((AnnouncementChanged, {}))
    assert word(evening).due_at == in_hours(47), "what was sent does not move"


def test_who_is_reached_is_decided_when_it_goes(evening: Spec) -> None:
    evening.given(AUTHOR, write(at=in_hours(1)), say(True, BEN))
    due(evening.at(1), WORD_DUE).then((BroadcastSent, {"reaches": 2}))


def test_a_planned_word_may_be_changed_and_cancelled(evening: Spec) -> None:
    evening.given(AUTHOR, write(at=in_hours(1)))
    evening.when(AUTHOR, rewrite(text="Ring twice")).then_nothing()
    evening.when(AUTHOR, rewrite(before_start_min=30, to=("invited",))).then(
        (BroadcastChanged, {"at": None, "before_start_min": 30, "to": ("invited",)})
    )
    evening.when(AUTHOR, GONE).then((BroadcastCancelled, {"by": "author"}))
    evening.when(AUTHOR, GONE).then_nothing()
    evening.when(AUTHOR, rewrite(text="x")).then_refused("broadcast_not_planned")
    due(evening.at(24), WORD_DUE).then_nothing()


def test_what_was_sent_is_sent(evening: Spec) -> None:
    evening.given(AUTHOR, write())
    for command in (GONE, rewrite(text="x")):
        evening.when(AUTHOR, command).then_refused("broadcast_not_planned", state="sent")


def test_what_is_planned_goes_with_the_evening(evening: Spec) -> None:
    evening.given(AUTHOR, write(at=in_hours(1)))
    evening.when(AUTHOR, cancel()).then(
        (BroadcastCancelled, {"by": "system"}), (AnnouncementCancelled, {})
    )
    evening.when(AUTHOR, write(BroadcastId("late"))).then_refused("broadcast_not_possible")


def test_a_word_that_the_end_overtakes_is_cancelled(evening: Spec) -> None:
    evening.given(AUTHOR, change(event_time=in_hours(48)), write(at=in_hours(40)))
    evening.given(AUTHOR, change(event_time=in_hours(24)))
    due(evening.at(24), DUE)._record()
    due(evening.at(26), DUE).then((BroadcastCancelled, {"by": "system"}), (AnnouncementDone, {}))


def test_a_draft_has_nobody_to_write_to(spec: Spec) -> None:
    spec.given(AUTHOR, announce(publish=False))
    spec.when(AUTHOR, write()).then_refused("broadcast_not_possible")


@pytest.mark.parametrize(
    "fields", [{"at": NOON}, {"at": NOON + timedelta(hours=27)}, {"before_start_min": 24 * 60}]
)
def test_a_word_goes_between_now_and_the_end(evening: Spec, fields: dict[str, Any]) -> None:
    wrong = ("broadcast_out_of_range", *fields)
    evening.when(AUTHOR, write(**fields)).then_fails(Malformed, *wrong)
    evening.given(AUTHOR, write(at=in_hours(1)))
    evening.when(AUTHOR, rewrite(**fields)).then_fails(Malformed, *wrong)


def test_only_the_author_writes_and_a_stranger_finds_nothing(evening: Spec) -> None:
    evening.given(AUTHOR, write(at=in_hours(1)))
    for command in (write(), rewrite(text="x"), GONE):
        evening.when(ANN, command).then_fails(Forbidden)
    other = CancelBroadcast(announcement_id=ANNOUNCEMENT, broadcast_id=BroadcastId("none"))
    evening.when(AUTHOR, other).then_fails(NotFound)


def test_a_suspended_author_is_not_heard(evening: Spec) -> None:
    evening.given(AUTHOR, write(at=in_hours(1)))
    evening.given(OPERATOR, SuspendPerson(person_id=AUTHOR, reason="spam"))
    due(evening.at(1), WORD_DUE).then((BroadcastCancelled, {"by": "system"}))


def test_an_author_may_write_only_so_often() -> None:
    spec = Spec(Rules(broadcasts_max=1)).given(AUTHOR, announce(), write(at=in_hours(1)), GONE)
    spec.when(AUTHOR, write(BroadcastId("two"))).then_refused("too_many_broadcasts", limit=1)
