"""Seats: never over-booked, full and open again, the line, offers and held seats."""

from datetime import timedelta
from typing import Any

import pytest

from command_api.domain.booking.commands import HoldDue
from command_api.domain.submission import AnyCommand
from contracts.events.announcement import (
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementReopened,
)
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingHoldLapsed,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingPreapproved,
    BookingReleased,
    BookingRequested,
    BookingUnqueued,
    BookingWithdrawn,
)
from contracts.values.ids import PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    BEN,
    CAT,
    NOON,
    Spec,
    announce,
    ask,
    change,
    due,
    hold_due,
    invite,
    pair,
    say,
)

DAN = PersonId("dan")


def full(spec: Spec, *waiting: PersonId) -> Spec:
    """One seat, taken by Ann; the others wait in this order."""
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    for guest in waiting:
        spec.given(guest, ask(guest))
    assert spec.announcement().is_full
    return spec


def test_the_last_seat_closes_the_announcement(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN))
    spec.when(AUTHOR, say(True, ANN)).then(
        pair(BookingApproved, True, True, taken=1), (AnnouncementClosed, {"reason": "full"})
    )


def test_d2_nobody_is_confirmed_without_a_seat(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(BEN, ask(BEN))
    spec.given(AUTHOR, say(True, ANN))
    spec.when(AUTHOR, say(True, BEN)).then_refused("no_seats", ticket_count=1)
    spec.given(AUTHOR, change(status="Closed")).given(AUTHOR, invite(CAT))
    spec.when(CAT, say(True, CAT)).then_refused("no_seats")
    assert spec.announcement().taken == 1


def test_a_request_to_a_full_announcement_waits(spec: Spec) -> None:
    full(spec).when(BEN, ask(BEN)).then(pair(BookingRequested, None, True, waiting=True, taken=1))
    assert spec.booking(BEN).state == "waitlisted"


def test_approving_one_who_waits_is_in_advance(spec: Spec) -> None:
    full(spec, BEN).when(AUTHOR, say(True, BEN)).then(pair(BookingPreapproved, None, True))
    assert spec.booking(BEN).state == "waitlisted"
    spec.when(AUTHOR, say(True, BEN)).then_nothing()


def test_a_freed_seat_is_offered_to_the_first_preapproved_on_the_waitlist(spec: Spec) -> None:
    full(spec, BEN, CAT, DAN).given(AUTHOR, say(True, DAN)).given(AUTHOR, say(True, CAT))
    spec.when(ANN, say(False, ANN)).then(
        pair(BookingLeft, True, False, taken=0),
        pair(BookingOffered, True, None, guest_id=CAT, hold_until=NOON + timedelta(hours=12)),
    )
    assert spec.booking(CAT).state == "offered"
    assert spec.announcement().waitlist == (spec.booking(BEN).id, spec.booking(DAN).id)
    spec.when(CAT, say(True, CAT)).then(pair(BookingAccepted, True, True, taken=1))


def test_a_declined_offer_passes_on(spec: Spec) -> None:
    full(spec, BEN, CAT).given(AUTHOR, say(True, BEN)).given(AUTHOR, say(True, CAT))
    spec.given(ANN, say(False, ANN))
    spec.when(BEN, say(False, BEN)).then(
        pair(BookingDeclined, True, False), pair(BookingOffered, True, None, guest_id=CAT)
    )


def test_an_expired_offer_passes_on(spec: Spec) -> None:
    full(spec, BEN, CAT).given(AUTHOR, say(True, BEN)).given(AUTHOR, say(True, CAT))
    spec.given(ANN, say(False, ANN))
    due(spec.at(11.9), hold_due(BEN)).then_nothing()
    due(spec.at(12), hold_due(BEN)).then(
        pair(BookingReleased, True, False, guest_id=BEN, reason="offer_expired"),
        pair(BookingOffered, True, None, guest_id=CAT),
    )


def test_an_offer_ends_two_hours_before_the_start(spec: Spec) -> None:
    full(spec, BEN).given(AUTHOR, say(True, BEN)).at(15).when(ANN, say(False, ANN))
    spec.then(
        pair(BookingLeft, True, False),
        pair(BookingOffered, True, None, hold_until=NOON + timedelta(hours=22)),
    )


def test_with_nobody_preapproved_the_announcement_opens_and_the_waitlist_dissolves(
    spec: Spec,
) -> None:
    full(spec, BEN, CAT).when(ANN, say(False, ANN)).then(
        pair(BookingLeft, True, False),
        (AnnouncementReopened, {"reason": "seat_freed"}),
        pair(BookingUnqueued, None, True, guest_id=BEN),
        pair(BookingUnqueued, None, True, guest_id=CAT),
    )
    assert spec.booking(BEN).state == "requested"


def test_closing_by_hand_dissolves_the_waitlist(spec: Spec) -> None:
    full(spec, BEN, CAT).given(AUTHOR, say(True, BEN)).when(AUTHOR, change(status="Closed")).then(
        (AnnouncementClosed, {"reason": "manual"}),
        pair(BookingUnqueued, None, True, guest_id=BEN),
        pair(BookingUnqueued, None, True, guest_id=CAT),
    )
    spec.given(ANN, say(False, ANN)).when(AUTHOR, say(True, CAT))
    spec.then(pair(BookingApproved, True, True))


def test_too_late_for_an_offer_the_announcement_opens(spec: Spec) -> None:
    full(spec, BEN).given(AUTHOR, say(True, BEN)).at(22.5).when(ANN, say(False, ANN))
    spec.then(
        pair(BookingLeft, True, False),
        (AnnouncementReopened, {"reason": "seat_freed"}),
        pair(BookingUnqueued, None, True),
    )


def test_who_leaves_the_waitlist_moves_the_others_up(spec: Spec) -> None:
    full(spec, BEN, CAT).when(BEN, say(False, BEN)).then(pair(BookingWithdrawn, None, False))
    assert spec.announcement().waitlist == (spec.booking(CAT).id,)


def test_coming_back_is_at_the_end_of_the_waitlist(spec: Spec) -> None:
    full(spec, BEN, CAT).given(BEN, say(False, BEN)).given(BEN, ask(BEN))
    assert spec.announcement().waitlist == (spec.booking(CAT).id, spec.booking(BEN).id)


COMING_BACK: dict[str, Any] = {
    "declined": [(AUTHOR, invite(BEN)), (BEN, say(False, BEN))],
    "left": [(AUTHOR, invite(BEN)), (BEN, say(True, BEN)), (BEN, say(False, BEN))],
    "invited": [(AUTHOR, invite(BEN))],
}


@pytest.mark.parametrize("before", COMING_BACK)
@pytest.mark.parametrize("yes", [say(True, BEN), ask(BEN)])
def test_whom_the_author_wants_waits_with_the_authors_yes(
    spec: Spec, before: str, yes: AnyCommand
) -> None:
    spec.given(AUTHOR, announce(seats=1))
    for actor, body in COMING_BACK[before]:
        spec.given(actor, body)
    spec.given(CAT, ask(CAT)).given(AUTHOR, say(True, CAT)).given(DAN, ask(DAN))
    spec.when(BEN, yes).then(
        pair(BookingRequested, None, True, waiting=True, preapproved=True, taken=1)
    )
    assert spec.announcement().waitlist == (spec.booking(DAN).id, spec.booking(BEN).id)
    assert (spec.booking(BEN).state, spec.booking(BEN).preapproved) == ("waitlisted", True)
    spec.when(AUTHOR, say(True, BEN)).then_nothing()
    spec.when(BEN, say(True, BEN)).then_nothing()
    spec.when(CAT, say(False, CAT)).then(
        pair(BookingLeft, True, False), pair(BookingOffered, True, None, guest_id=BEN)
    )


def test_who_returns_to_a_seat_takes_it(spec: Spec) -> None:
    full(spec).given(ANN, say(False, ANN)).when(ANN, say(True, ANN))
    spec.then(pair(BookingAccepted, True, True), (AnnouncementClosed, {}))


def test_once_the_film_has_begun_there_is_no_waitlist(spec: Spec) -> None:
    full(spec).given(AUTHOR, invite(BEN)).at(24.5).when(BEN, say(True, BEN))
    spec.then_refused("no_seats", state="invited")


def test_a_returning_guest_is_counted_in_the_waitlist_like_any_other(spec: Spec) -> None:
    full(spec).given(AUTHOR, invite(BEN))
    for number in range(500):
        guest = PersonId(f"guest-{number}")
        spec.given(guest, ask(guest))
    spec.when(BEN, say(True, BEN)).then_refused("waitlist_full", waiting=500)


def test_more_seats_are_offered_first(spec: Spec) -> None:
    full(spec, BEN, CAT).given(AUTHOR, say(True, CAT))
    spec.when(AUTHOR, change(ticket_count=2)).then(
        (AnnouncementChanged, {"ticket_count": 2}), pair(BookingOffered, True, None, guest_id=CAT)
    )
    assert spec.announcement().is_full


def test_the_waitlist_is_bounded(spec: Spec) -> None:
    full(spec)
    for number in range(500):
        guest = PersonId(f"guest-{number}")
        spec.given(guest, ask(guest))
    spec.when(BEN, ask(BEN)).then_refused("waitlist_full", waiting=500)


def test_there_cannot_be_fewer_seats_than_are_taken(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=3)).given(AUTHOR, invite(BEN, hold_hours=5))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.when(AUTHOR, change(ticket_count=1)).then_refused(
        "tickets_below_confirmed", confirmed=1, held=1
    )
    spec.when(AUTHOR, change(ticket_count=2)).then(
        (AnnouncementChanged, {}), (AnnouncementClosed, {"reason": "full"})
    )


def test_an_invitation_holds_a_seat_only_when_asked_to(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(AUTHOR, invite(ANN))
    assert spec.announcement().taken == 0
    spec.when(AUTHOR, invite(BEN, hold_hours=5)).then(
        pair(BookingInvited, True, None, taken=1), (AnnouncementClosed, {"reason": "full"})
    )
    spec.when(AUTHOR, invite(CAT, hold_hours=5))
    assert spec.results == {CAT: "no_seats"}


def test_a_held_seat_lapses_and_the_invitation_stands(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(AUTHOR, invite(BEN, hold_hours=5))
    due(spec.at(5), hold_due(BEN)).then(
        pair(BookingHoldLapsed, True, None, taken=0),
        (AnnouncementReopened, {"reason": "seat_freed"}),
    )
    due(spec, hold_due(BEN)).then_nothing()
    spec.when(BEN, say(True, BEN)).then(
        pair(BookingAccepted, True, True), (AnnouncementClosed, {"reason": "full"})
    )


def test_the_deadline_of_an_unheld_seat_is_moot(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN))
    due(spec.at(20), HoldDue(booking_id=spec.booking(ANN).id)).then_nothing()
