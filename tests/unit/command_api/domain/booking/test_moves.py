"""The nine pairs of a booking: exactly the moves of docs/requirements.md §3.1."""

from typing import Any

import pytest

from command_api.domain.booking.commands import AnswerBooking
from contracts.errors import Forbidden, NotFound
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingEvent,
    BookingInvited,
    BookingLeft,
    BookingReconsidered,
    BookingRejected,
    BookingRequested,
    BookingRevoked,
    BookingWithdrawn,
)
from tests.unit.command_api.domain.booking.states import WAYS, in_state
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
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

QUIET = "quiet"
Move = tuple[type[BookingEvent], bool | None, bool | None] | str

MOVES: dict[str, dict[tuple[str, bool], Move]] = {
    "requested": {
        (AUTHOR, True): (BookingApproved, True, True),
        (AUTHOR, False): (BookingRejected, False, True),
        (ANN, True): QUIET,
        (ANN, False): (BookingWithdrawn, None, False),
    },
    "invited": {
        (AUTHOR, True): QUIET,
        (AUTHOR, False): (BookingRevoked, False, None),
        (ANN, True): (BookingAccepted, True, True),
        (ANN, False): (BookingDeclined, True, False),
    },
    "confirmed": {
        (AUTHOR, True): QUIET,
        (AUTHOR, False): (BookingRejected, False, True),
        (ANN, True): QUIET,
        (ANN, False): (BookingLeft, True, False),
    },
    "rejected": {
        (AUTHOR, True): (BookingApproved, True, True),
        (AUTHOR, False): QUIET,
        (ANN, True): QUIET,
        (ANN, False): (BookingWithdrawn, False, False),
    },
    "declined": {
        (AUTHOR, True): QUIET,
        (AUTHOR, False): (BookingRevoked, False, False),
        (ANN, True): (BookingAccepted, True, True),
        (ANN, False): QUIET,
    },
    "withdrawn": {
        (AUTHOR, True): "guest_said_no",
        (AUTHOR, False): "guest_said_no",
        (ANN, True): (BookingRequested, None, True),
        (ANN, False): QUIET,
    },
    "revoked": {
        (AUTHOR, True): (BookingInvited, True, None),
        (AUTHOR, False): QUIET,
        (ANN, True): "invite_revoked",
        (ANN, False): "invite_revoked",
    },
    "ended": {
        (AUTHOR, True): (BookingReconsidered, True, False),
        (AUTHOR, False): QUIET,
        (ANN, True): (BookingReconsidered, False, True),
        (ANN, False): QUIET,
    },
}

CASES = [(state, who, yes) for state, moves in MOVES.items() for who, yes in moves]


@pytest.mark.parametrize(("state", "who", "yes"), CASES)
def test_a_side_sets_its_own_flag(spec: Spec, state: str, who: Any, yes: bool) -> None:
    move = MOVES[state][who, yes]
    in_state(spec, state).when(who, say(yes, ANN))
    match move:
        case "quiet":
            spec.then_nothing()
        case str():
            spec.then_refused(move)
        case kind, author, guest:
            spec.then(pair(kind, author, guest)).when(who, say(yes, ANN)).then_nothing()


@pytest.mark.parametrize("state", WAYS)
def test_nobody_else_has_a_side(spec: Spec, state: str) -> None:
    in_state(spec, state).when(BEN, say(True, ANN)).then_fails(NotFound)


@pytest.mark.parametrize("state", WAYS)
def test_an_operator_answers_for_nobody(spec: Spec, state: str) -> None:
    in_state(spec, state).when(CAT, say(True, ANN), is_super=True).then_fails(Forbidden)


@pytest.mark.parametrize("state", WAYS)
def test_a_cancelled_announcement_freezes_its_bookings(spec: Spec, state: str) -> None:
    in_state(spec, state).given(AUTHOR, cancel())
    for who in (AUTHOR, ANN):
        own = spec.booking(ANN).author_status if who == AUTHOR else spec.booking(ANN).guest_status
        spec.when(who, say(own is not True, ANN)).then_refused("booking_frozen")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("requested", "already_booked"),
        ("confirmed", "already_booked"),
        ("rejected", "author_said_no"),
    ],
)
def test_asking_twice_names_the_booking(spec: Spec, state: str, code: str) -> None:
    in_state(spec, state).when(ANN, ask(ANN)).then_refused(
        code, booking_id=spec.booking(ANN).id, state=state
    )


def test_a_request_that_crosses_an_invitation_accepts_it(spec: Spec) -> None:
    in_state(spec, "invited").when(ANN, ask(ANN)).then(pair(BookingAccepted, True, True))


def test_an_invitation_that_crosses_a_request_approves_it(spec: Spec) -> None:
    in_state(spec, "requested").when(AUTHOR, invite(ANN)).then(pair(BookingApproved, True, True))


def test_a_guest_who_left_may_return(spec: Spec) -> None:
    in_state(spec, "confirmed").given(ANN, say(False, ANN))
    spec.when(ANN, ask(ANN)).then(pair(BookingAccepted, True, True))


def test_a_withdrawn_request_may_be_repeated_three_times(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    for _ in range(4):
        spec.given(ANN, ask(ANN), say(False, ANN))
    spec.when(ANN, ask(ANN)).then_refused("reopen_limit")
    assert len({booking.id for booking in spec.layer.bookings.own.values()}) == 1


def test_a_guest_who_said_no_is_invited_again_once(spec: Spec) -> None:
    in_state(spec, "declined").when(AUTHOR, invite(ANN)).then(pair(BookingInvited, True, None))
    spec.given(ANN, say(False, ANN)).when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "reopen_limit"}


def test_the_author_is_no_guest(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).when(AUTHOR, ask(AUTHOR)).then_refused("own_announcement")
    spec.when(AUTHOR, invite(AUTHOR, ANN))
    assert spec.results == {AUTHOR: "own_announcement", ANN: "invited"}


def test_withdrawing_is_not_for_the_author(spec: Spec) -> None:
    in_state(spec, "requested").when(AUTHOR, say(False, ANN, only_as_guest=True)).then_fails(
        Forbidden
    )


def test_a_reason_and_a_message_are_kept(spec: Spec) -> None:
    in_state(spec, "requested").when(
        AUTHOR, say(False, ANN, reason="full_sofa", message="Next time!")
    ).then(pair(BookingRejected, False, True, reason="full_sofa", message="Next time!"))
    assert spec.booking(ANN).reason == "full_sofa"


def test_closing_only_stops_new_requests(spec: Spec) -> None:
    in_state(spec, "requested").given(AUTHOR, change(status="Closed"))
    spec.when(BEN, ask(BEN)).then_refused(
        "announcement_closed", announcement_status="Closed", closed_reason="manual"
    )
    spec.when(AUTHOR, say(True, ANN)).then(pair(BookingApproved, True, True))


def test_a_draft_and_its_invitations_are_the_authors_alone(spec: Spec) -> None:
    spec.given(AUTHOR, announce(publish=False)).given(AUTHOR, invite(ANN))
    spec.when(ANN, say(True, ANN)).then_fails(NotFound)
    spec.when(ANN, ask(ANN, follows_author=False)).then_fails(NotFound)
    spec.given(AUTHOR, change(status="Alive")).when(ANN, say(True, ANN))
    spec.then(pair(BookingAccepted, True, True))


def test_d17_the_pair_route_checks_that_the_booking_exists_and_whose_it_is(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    unknown = AnswerBooking(announcement_id=ANNOUNCEMENT, guest_id=ANN, my_status=True)
    spec.when(AUTHOR, unknown).then_fails(NotFound)
    spec.given(ANN, ask(ANN)).when(BEN, unknown).then_fails(NotFound)
