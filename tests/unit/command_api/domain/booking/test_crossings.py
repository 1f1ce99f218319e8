"""Requests and invitations from every state of a booking, and many invitations at once."""

import pytest

from command_api.domain.booking.commands import Invitee
from contracts.events.announcement import AnnouncementClosed
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingEvent,
    BookingInvited,
    BookingPreapproved,
    BookingRequested,
)
from contracts.values.ids import PersonId
from tests.unit.command_api.domain.booking.states import in_state
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    OTHER_AUTHOR,
    RIVAL,
    Spec,
    announce,
    ask,
    booking_id,
    change,
    invite,
    pair,
    say,
)

DAN = PersonId("dan")
Move = tuple[type[BookingEvent], bool | None, bool | None] | str

ASKING: dict[str, Move] = {
    "requested": "already_booked",
    "invited": (BookingAccepted, True, True),
    "confirmed": "already_booked",
    "rejected": "author_said_no",
    "declined": (BookingAccepted, True, True),
    "withdrawn": (BookingRequested, None, True),
    "revoked": "invite_revoked",
    "ended": "author_said_no",
}
INVITING: dict[str, Move] = {
    "requested": (BookingApproved, True, True),
    "invited": "already_invited",
    "confirmed": "already_invited",
    "rejected": (BookingApproved, True, True),
    "declined": (BookingInvited, True, None),
    "withdrawn": (BookingInvited, True, None),
    "revoked": (BookingInvited, True, None),
    "ended": (BookingInvited, True, None),
}


@pytest.mark.parametrize("state", ASKING)
def test_asking_is_a_yes_of_the_guest(spec: Spec, state: str) -> None:
    in_state(spec, state).when(ANN, ask(ANN))
    match ASKING[state]:
        case str(code):
            spec.then_refused(code, booking_id=booking_id(ANN))
        case kind, author, guest:
            spec.then(pair(kind, author, guest, booking_id=booking_id(ANN)))


@pytest.mark.parametrize("state", INVITING)
def test_inviting_is_a_yes_of_the_author_and_repeating_it_adds_nothing(
    spec: Spec, state: str
) -> None:
    in_state(spec, state).when(AUTHOR, invite(ANN))
    match INVITING[state]:
        case str(code):
            assert spec.results == {ANN: code}
        case kind, author, guest:
            spec.then(pair(kind, author, guest, booking_id=booking_id(ANN)))
    spec.when(AUTHOR, invite(ANN)).then_nothing()
    assert spec.results == {ANN: "already_invited"}


@pytest.mark.parametrize("state", ["declined", "withdrawn", "ended"])
def test_a_guests_own_no_may_be_answered_by_one_more_invitation(spec: Spec, state: str) -> None:
    in_state(spec, state).given(AUTHOR, invite(ANN)).given(ANN, say(False, ANN))
    spec.when(AUTHOR, invite(ANN)).then_nothing()
    assert spec.results == {ANN: "reopen_limit"}


def test_what_the_author_took_back_the_author_may_give_again(spec: Spec) -> None:
    in_state(spec, "revoked")
    for _ in range(3):
        spec.given(AUTHOR, say(True, ANN)).given(AUTHOR, say(False, ANN))


def test_each_guest_has_a_result_and_no_refusal_touches_the_others(spec: Spec) -> None:
    eve = PersonId("eve")
    spec.given(AUTHOR, announce(seats=2)).given(AUTHOR, invite(ANN))
    spec.given(OTHER_AUTHOR, announce(RIVAL)).given(OTHER_AUTHOR, invite(BEN, announcement=RIVAL))
    spec.given(BEN, ask(BEN)).given(BEN, say(True, BEN, RIVAL))
    assert spec.booking(BEN).state == "withdrawn"
    spec.given(CAT, ask(CAT)).given(DAN, ask(DAN)).given(eve, ask(eve))
    spec.when(AUTHOR, invite(AUTHOR, ANN, BEN, CAT, DAN, eve)).then(
        pair(BookingInvited, True, None, guest_id=BEN),
        pair(BookingApproved, True, True, guest_id=CAT),
        pair(BookingApproved, True, True, guest_id=DAN, taken=2),
        (AnnouncementClosed, {"reason": "full"}),
    )
    assert spec.results == {
        AUTHOR: "own_announcement",
        ANN: "already_invited",
        BEN: "invited",
        CAT: "confirmed",
        DAN: "confirmed",
        eve: "no_seats",
    }


def test_nobody_is_invited_whom_auth_does_not_know(spec: Spec) -> None:
    unknown = Invitee(ANN, booking_id(ANN), None)
    spec.when(AUTHOR, announce(invite=(unknown, *invite(BEN).guests)))
    assert spec.results == {ANN: "unknown_person", BEN: "invited"}


def test_a_guest_named_twice_is_invited_once(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).when(AUTHOR, invite(ANN, ANN))
    spec.then(pair(BookingInvited, True, None))


def test_inviting_one_who_waits_approves_in_advance(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(BEN, ask(BEN)).when(AUTHOR, invite(BEN)).then(pair(BookingPreapproved, None, True))
    spec.when(AUTHOR, invite(BEN)).then_nothing()
    assert spec.results == {BEN: "waitlisted"}


def test_one_who_waits_may_leave_and_be_invited(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(BEN, ask(BEN)).given(BEN, say(False, BEN))
    spec.when(AUTHOR, invite(BEN)).then(pair(BookingInvited, True, None))
    assert not spec.announcement().waitlist


def test_an_invitation_is_accepted_while_the_announcement_is_closed_by_hand(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, change(status="Closed")).given(AUTHOR, invite(ANN))
    spec.when(ANN, ask(ANN)).then(pair(BookingAccepted, True, True))


def test_one_pair_has_one_booking_for_ever(spec: Spec) -> None:
    in_state(spec, "ended").given(AUTHOR, invite(ANN)).given(ANN, say(True, ANN))
    spec.given(ANN, say(False, ANN)).given(ANN, ask(ANN)).given(AUTHOR, say(False, ANN))
    assert list(spec.layer.booking_ids.own) == [(ANNOUNCEMENT, ANN)]
    assert list(spec.layer.bookings.own) == [booking_id(ANN)]
