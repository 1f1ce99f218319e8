"""A change of an announcement decides its holds, and the guests who have to choose, anew.

Ann is confirmed at two announcements, of AUTHOR in 60 hours and of OTHER_AUTHOR (RIVAL) in 30.
AUTHOR moves onto RIVAL, so Ann has to choose; then something else changes.
"""

from typing import Any

import pytest
from msgspec.structs import replace

from command_api.domain.submission import AnyCommand
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementPublished,
    AnnouncementReopened,
)
from contracts.events.booking import (
    BookingHoldLapsed,
    BookingHoldShortened,
    BookingLeft,
    BookingRejected,
    BookingReleased,
    BookingResettled,
    BookingUnsettled,
)
from contracts.values.ids import AnnouncementId, PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    BEN,
    CAT,
    NOON,
    OTHER_AUTHOR,
    RIVAL,
    Spec,
    announce,
    ask,
    cancel,
    change,
    due,
    hold_due,
    hours,
    invite,
    pair,
    say,
)

THIRD = AnnouncementId("third")
THIRD_AUTHOR = PersonId("third-host")


def attends(spec: Spec, guest: PersonId, author: PersonId, announcement: AnnouncementId) -> Spec:
    return spec.given(guest, ask(guest, announcement)).given(author, say(True, guest, announcement))


def has_to_choose(spec: Spec) -> Spec:
    spec.given(AUTHOR, announce(hours=60)).given(OTHER_AUTHOR, announce(RIVAL, hours=30))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    attends(spec, ANN, OTHER_AUTHOR, RIVAL).given(AUTHOR, change(event_time=NOON + hours(31)))
    assert spec.booking(ANN).unsettled
    return spec


NO_LONGER_CLASHES: list[tuple[PersonId, AnyCommand, Any]] = [
    (AUTHOR, change(event_time=NOON + hours(60)), (AnnouncementChanged, {})),
    (AUTHOR, change(event_time=NOON + hours(40)), (AnnouncementChanged, {})),
    (OTHER_AUTHOR, change(RIVAL, event_time=NOON + hours(50)), (AnnouncementChanged, {})),
    (OTHER_AUTHOR, cancel(RIVAL), (AnnouncementCancelled, {})),
    (OTHER_AUTHOR, say(False, ANN, RIVAL), pair(BookingRejected, False, True)),
    (ANN, say(False, ANN, RIVAL), pair(BookingLeft, True, False)),
]


@pytest.mark.parametrize(("actor", "body", "cause"), NO_LONGER_CLASHES)
def test_who_need_not_choose_any_more_is_confirmed_again(
    spec: Spec, actor: PersonId, body: AnyCommand, cause: Any
) -> None:
    has_to_choose(spec).at(1).when(actor, body)
    spec.then(cause, pair(BookingResettled, True, True, guest_id=ANN, taken=1))
    assert spec.booking(ANN).hold_until is None
    due(spec.at(30), hold_due(ANN)).then_nothing()


def test_another_move_onto_the_rival_asks_again_with_time_to_answer(spec: Spec) -> None:
    has_to_choose(spec).at(10).when(AUTHOR, change(event_time=NOON + hours(29))).then(
        (AnnouncementChanged, {}),
        pair(BookingUnsettled, True, None, hold_until=NOON + hours(27), clashes=(RIVAL,)),
    )


def test_moved_too_near_to_ask_again_the_seat_is_free(spec: Spec) -> None:
    has_to_choose(spec).at(28).when(AUTHOR, change(event_time=NOON + hours(29))).then(
        (AnnouncementChanged, {}),
        pair(BookingReleased, True, False, reason="moved_clash", clashes=(RIVAL,)),
    )


def test_a_rival_that_moves_and_still_clashes_changes_nothing(spec: Spec) -> None:
    has_to_choose(spec).when(OTHER_AUTHOR, change(RIVAL, event_time=NOON + hours(32)))
    spec.then((AnnouncementChanged, {}))


def test_a_new_clash_is_told_and_the_deadline_stays(spec: Spec) -> None:
    has_to_choose(spec).at(3).when(ANN, announce(THIRD, hours=32.5))
    told = spec.decision.events[-1]
    assert isinstance(told, BookingUnsettled)
    assert (told.clashes, told.hold_until) == ((RIVAL, THIRD), NOON + hours(24))


def test_of_two_that_clash_one_is_confirmed_again_and_the_other_clashes_with_it(
    spec: Spec,
) -> None:
    spec.given(OTHER_AUTHOR, announce(RIVAL, hours=30)).given(AUTHOR, announce(hours=60))
    spec.given(THIRD_AUTHOR, announce(THIRD, hours=70))
    attends(spec, ANN, OTHER_AUTHOR, RIVAL)
    attends(spec, ANN, AUTHOR, spec.announcement().id)
    attends(spec, ANN, THIRD_AUTHOR, THIRD)
    spec.given(AUTHOR, change(event_time=NOON + hours(31)))
    spec.given(THIRD_AUTHOR, change(THIRD, event_time=NOON + hours(31)))
    spec.when(OTHER_AUTHOR, cancel(RIVAL)).then(
        (AnnouncementCancelled, {}),
        pair(BookingResettled, True, True, announcement_id=spec.announcement().id),
        pair(
            BookingUnsettled, True, None, announcement_id=THIRD, clashes=(spec.announcement().id,)
        ),
    )


def test_confirmed_again_a_guest_no_longer_asks_elsewhere_at_that_time(spec: Spec) -> None:
    has_to_choose(spec).given(THIRD_AUTHOR, announce(THIRD, hours=32.5))
    spec.given(ANN, ask(ANN, THIRD)).when(OTHER_AUTHOR, cancel(RIVAL)).then(
        (AnnouncementCancelled, {}),
        pair(BookingResettled, True, True),
        pair(BookingReleased, None, False, announcement_id=THIRD, reason="superseded"),
    )


def test_a_cancelled_announcement_settles_nobody_at_itself(spec: Spec) -> None:
    has_to_choose(spec).given(AUTHOR, cancel()).when(OTHER_AUTHOR, cancel(RIVAL))
    spec.then((AnnouncementCancelled, {}))


# Held seats


def offered(spec: Spec) -> Spec:
    """The announcement begins in 24 hours; its one seat is offered to Ann for 12."""
    spec.given(AUTHOR, announce(seats=1))
    attends(spec, BEN, AUTHOR, spec.announcement().id)
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN)).given(BEN, say(False, BEN))
    assert spec.booking(ANN).hold_until == NOON + hours(12)
    return spec


def test_an_offer_ends_two_hours_before_the_new_start(spec: Spec) -> None:
    offered(spec).when(AUTHOR, change(event_time=NOON + hours(10))).then(
        (AnnouncementChanged, {}),
        pair(BookingHoldShortened, True, None, hold_until=NOON + hours(8), offered=True, taken=1),
    )
    assert (spec.booking(ANN).state, spec.booking(ANN).held_for) == ("offered", "offer")
    due(spec.at(8), hold_due(ANN)).then(
        pair(BookingReleased, True, False, reason="offer_expired"), (AnnouncementReopened, {})
    )


def test_an_offer_is_never_prolonged_by_a_move(spec: Spec) -> None:
    offered(spec).when(AUTHOR, change(event_time=NOON + hours(50)))
    spec.then((AnnouncementChanged, {}))
    assert spec.booking(ANN).hold_until == NOON + hours(12)


def test_with_no_time_left_an_offer_becomes_an_invitation_without_a_seat(spec: Spec) -> None:
    offered(spec).when(AUTHOR, change(event_time=NOON + hours(1.5))).then(
        (AnnouncementChanged, {}),
        pair(BookingHoldLapsed, True, None, taken=0),
        (AnnouncementReopened, {"reason": "seat_freed"}),
    )
    assert spec.booking(ANN).state == "invited"
    spec.given(ANN, say(True, ANN))


def test_a_seat_held_for_an_invitation_is_held_until_the_new_start(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=3)).given(AUTHOR, invite(ANN, hold_hours=20))
    spec.given(AUTHOR, invite(CAT, hold_hours=5))
    spec.when(AUTHOR, change(event_time=NOON + hours(10))).then(
        (AnnouncementChanged, {}),
        pair(
            BookingHoldShortened,
            True,
            None,
            guest_id=ANN,
            hold_until=NOON + hours(10),
            offered=False,
        ),
    )
    assert (spec.booking(ANN).state, spec.booking(ANN).held_for) == ("invited", "invitation")
    due(spec.at(10), hold_due(ANN)).then(pair(BookingHoldLapsed, True, None, guest_id=ANN))


def test_a_draft_holds_seats_no_longer_than_until_it_starts_either(spec: Spec) -> None:
    spec.given(AUTHOR, announce(publish=False)).given(AUTHOR, invite(ANN, hold_hours=20))
    spec.when(AUTHOR, change(event_time=NOON + hours(10))).then(
        (AnnouncementChanged, {}), pair(BookingHoldShortened, True, None)
    )
    spec.when(AUTHOR, change(status="Alive")).then((AnnouncementPublished, {}))


def test_a_choice_that_an_earlier_version_left_open_is_no_no(spec: Spec) -> None:
    """Its journals have guests with nothing to choose: silence confirms them again."""
    has_to_choose(spec)
    rival = spec.layer.announcements.own[RIVAL]
    spec.layer.announcements.own[RIVAL] = replace(rival, status="Cancelled")
    due(spec.at(24), hold_due(ANN)).then(pair(BookingResettled, True, True))
