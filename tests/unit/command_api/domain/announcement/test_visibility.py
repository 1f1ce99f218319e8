"""Who may see an announcement, and what those who may not are told: nothing (D7, D17)."""

import pytest

from command_api.domain.submission import AnyCommand
from contracts.errors import CommandError, Forbidden, NeedsFact, NotFound
from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingRequested
from contracts.values.ids import AnnouncementId
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    BEN,
    CAT,
    Spec,
    announce,
    ask,
    cancel,
    change,
    invite,
    pair,
    say,
)

NOWHERE = AnnouncementId("nowhere")


@pytest.mark.parametrize(
    ("visibility", "follows", "error"),
    [
        ("public", None, None),
        ("subscribers", None, NeedsFact),
        ("subscribers", False, NotFound),
        ("subscribers", True, None),
        ("invite", None, NeedsFact),
        ("invite", False, NotFound),
        ("invite", True, NotFound),
    ],
)
def test_d7_who_may_ask_to_come(
    spec: Spec, visibility: str, follows: bool | None, error: type[CommandError] | None
) -> None:
    spec.given(AUTHOR, announce(visibility=visibility))
    spec.when(ANN, ask(ANN, follows_author=follows))
    if error is None:
        spec.then(pair(BookingRequested, None, True))
    else:
        spec.then_fails(error)


def test_the_fact_that_is_wanted_is_named(spec: Spec) -> None:
    spec.given(AUTHOR, announce(visibility="subscribers")).when(ANN, ask(ANN))
    assert isinstance(spec.error, NeedsFact)
    assert spec.error.wanted == {"follows": [AUTHOR, ANN]}


COMMANDS_OF_AUTHORS: list[AnyCommand] = [cancel(), change(title="x"), invite(CAT)]


@pytest.mark.parametrize("body", COMMANDS_OF_AUTHORS)
@pytest.mark.parametrize(
    ("visibility", "error"),
    [("public", Forbidden), ("subscribers", NotFound), ("invite", NotFound)],
)
def test_a_stranger_is_forbidden_only_what_is_there_to_see(
    spec: Spec, visibility: str, error: type[CommandError], body: AnyCommand
) -> None:
    spec.given(AUTHOR, announce(visibility=visibility)).given(AUTHOR, invite(ANN))
    spec.when(BEN, body).then_fails(error)
    spec.when(ANN, body).then_fails(Forbidden)


@pytest.mark.parametrize(
    "hidden",
    [
        [announce(visibility="subscribers")],
        [announce(visibility="invite")],
        [announce(publish=False)],
        [announce(), cancel()],
        [],
    ],
    ids=["for followers", "for the invited", "a draft", "called off", "absent"],
)
def test_whatever_is_hidden_costs_the_same_question(spec: Spec, hidden: list[AnyCommand]) -> None:
    """Otherwise the time of an answer would tell what exists."""
    spec.given(AUTHOR, *hidden).when(ANN, ask(ANN)).then_fails(NeedsFact)
    spec.when(ANN, ask(ANN, follows_author=False)).then_fails(NotFound)


def test_what_is_seen_anyway_costs_no_question(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).when(ANN, ask(ANN)).then(pair(BookingRequested, None, True))
    spec.given(AUTHOR, change(visibility="subscribers"))
    spec.when(ANN, ask(ANN)).then_refused("already_booked")
    spec.when(AUTHOR, ask(AUTHOR)).then_refused("own_announcement")


def test_hidden_is_the_same_as_absent(spec: Spec) -> None:
    spec.given(AUTHOR, announce(visibility="invite"))
    pairs: list[tuple[AnyCommand, AnyCommand]] = [
        (ask(ANN), ask(ANN, NOWHERE)),
        (ask(ANN, follows_author=False), ask(ANN, NOWHERE, follows_author=False)),
        (cancel(), cancel(NOWHERE)),
        (change(title="x"), change(NOWHERE, title="x")),
        (invite(CAT), invite(CAT, announcement=NOWHERE)),
        (say(True, ANN), say(True, ANN, NOWHERE)),
    ]
    for hidden, absent in pairs:
        told = []
        for body in (hidden, absent):
            error = spec.when(ANN, body).error
            assert isinstance(error, NotFound | NeedsFact)
            told.append((error.code, () if isinstance(error, NeedsFact) else error.facts))
        assert told[0] == told[1]


def test_a_cancelled_announcement_is_gone_for_all_but_those_concerned(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN)).given(AUTHOR, cancel())
    spec.when(BEN, ask(BEN, follows_author=True)).then_fails(NotFound)
    spec.when(ANN, ask(ANN)).then_refused("already_booked")
    spec.when(ANN, say(False, ANN)).then_refused("booking_frozen", announcement_status="Cancelled")


def test_who_ever_had_a_booking_still_sees_a_narrowed_announcement(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN)).given(ANN, say(False, ANN))
    spec.given(AUTHOR, change(visibility="invite"))
    spec.when(BEN, ask(BEN, follows_author=True)).then_fails(NotFound)
    spec.when(ANN, ask(ANN)).then(pair(BookingRequested, None, True))


def test_an_operator_calls_off_what_is_hidden_too(spec: Spec) -> None:
    spec.given(AUTHOR, announce(visibility="invite"))
    spec.when(CAT, change(title="x"), is_super=True).then_fails(Forbidden)
    spec.when(CAT, cancel(reason="abuse"), is_super=True)
    spec.then((AnnouncementCancelled, {"by": "operator", "reason": "abuse"}))
