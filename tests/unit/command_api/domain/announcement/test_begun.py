"""Announcements that have begun, or are over though the system has yet to say so.

The announcement of these specs starts 24 hours after NOON and ends at 26.
"""

import pytest

from command_api.domain.submission import AnyCommand
from contracts.events.announcement import (
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementDone,
    AnnouncementReopened,
)
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingHoldLapsed,
    BookingInvited,
    BookingLeft,
    BookingReleased,
    BookingUnqueued,
)
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    BEN,
    CAT,
    DUE,
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


def full_with_a_line(spec: Spec) -> Spec:
    """Ann has the one seat; Ben waits, approved in advance, and Cat after him."""
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    return spec.given(BEN, ask(BEN)).given(AUTHOR, say(True, BEN)).given(CAT, ask(CAT))


def test_a_seat_freed_after_the_start_opens_nothing_and_dissolves_the_waitlist(spec: Spec) -> None:
    full_with_a_line(spec).at(24.5).when(ANN, say(False, ANN)).then(
        pair(BookingLeft, True, False, taken=0),
        (AnnouncementClosed, {"reason": "cutoff"}),
        pair(BookingUnqueued, None, True, guest_id=BEN),
        pair(BookingUnqueued, None, True, guest_id=CAT),
    )
    spec.when(AUTHOR, say(True, CAT)).then(pair(BookingApproved, True, True, taken=1))
    spec.when(AUTHOR, change(status="Alive")).then_refused("cannot_reopen", closed_reason="cutoff")


def test_more_seats_after_the_start_open_nothing(spec: Spec) -> None:
    full_with_a_line(spec).at(24.5).when(AUTHOR, change(ticket_count=2)).then(
        (AnnouncementChanged, {"ticket_count": 2}),
        (AnnouncementClosed, {"reason": "cutoff"}),
        pair(BookingUnqueued, None, True, guest_id=BEN),
        pair(BookingUnqueued, None, True, guest_id=CAT),
    )


def test_a_full_announcement_stays_full_when_it_begins(spec: Spec) -> None:
    due(full_with_a_line(spec).at(24), DUE).then_nothing()
    due(spec.at(26), DUE).then((AnnouncementDone, {}))


def test_who_asked_or_was_invited_in_time_may_still_come(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=3)).given(ANN, ask(ANN)).given(AUTHOR, invite(BEN))
    due(spec.at(24), DUE).then((AnnouncementClosed, {"reason": "cutoff"}))
    spec.when(AUTHOR, say(True, ANN)).then(pair(BookingApproved, True, True))
    spec.when(BEN, ask(BEN)).then(pair(BookingAccepted, True, True))
    spec.when(AUTHOR, invite(CAT)).then(pair(BookingInvited, True, None))
    spec.when(CAT, say(True, CAT)).then(pair(BookingAccepted, True, True, taken=3))


def test_a_held_seat_is_freed_while_the_film_runs(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, invite(ANN, hold_hours=24))
    due(spec.at(24), DUE).then((AnnouncementClosed, {"reason": "cutoff"}))
    due(spec, hold_due(ANN)).then(pair(BookingHoldLapsed, True, None, taken=0))


def test_closed_by_the_start_opens_by_hand_after_a_move_and_never_by_itself(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    due(spec.at(24), DUE).then((AnnouncementClosed, {"reason": "cutoff"}))
    spec.when(AUTHOR, change(event_time=NOON + hours(48))).then((AnnouncementChanged, {}))
    spec.when(AUTHOR, change(status="Alive")).then((AnnouncementReopened, {"reason": "manual"}))


def test_a_move_too_late_to_ask_hands_the_seat_on(spec: Spec) -> None:
    """Ann is confirmed at a rival announcement, onto which this one moves an hour ahead."""
    spec.given(AUTHOR, announce(seats=1, hours=60)).given(OTHER_AUTHOR, announce(RIVAL, hours=30))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN)).given(BEN, ask(BEN))
    spec.given(ANN, ask(ANN, RIVAL)).given(OTHER_AUTHOR, say(True, ANN, RIVAL))
    spec.at(29).when(AUTHOR, change(event_time=NOON + hours(30))).then(
        (AnnouncementChanged, {}),
        pair(BookingReleased, True, False, reason="moved_clash", clashes=(RIVAL,), taken=0),
        (AnnouncementReopened, {"reason": "seat_freed"}),
        pair(BookingUnqueued, None, True, guest_id=BEN),
    )


OVER: list[tuple[AnyCommand, str]] = [
    (cancel(), "already_done"),
    (change(title="x"), "change_not_allowed"),
    (change(event_time=NOON + hours(99)), "change_not_allowed"),
    (say(True, ANN), "booking_frozen"),
    (invite(CAT), "booking_frozen"),
]


@pytest.mark.parametrize(("body", "code"), OVER)
@pytest.mark.parametrize("said", [False, True])
def test_the_end_of_the_film_is_the_end(
    spec: Spec, body: AnyCommand, code: str, said: bool
) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN)).at(26)
    if said:
        due(spec, DUE).then((AnnouncementDone, {}))
    spec.when(AUTHOR, body).then_refused(code)


def test_a_hold_means_nothing_once_the_film_is_over(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, invite(ANN, hold_hours=5))
    due(spec.at(26), hold_due(ANN)).then_nothing()


def test_a_hold_means_nothing_once_the_announcement_is_cancelled(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, invite(ANN, hold_hours=5)).given(AUTHOR, cancel())
    due(spec.at(5), hold_due(ANN)).then_nothing()
    assert spec.announcement().taken == 1
