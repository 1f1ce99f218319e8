"""What the answer to a write shows, and to whom."""

from typing import Any

import pytest

from command_api.domain.announcement.representation import render_announcement
from command_api.domain.booking.representation import render_booking
from command_api.domain.rules import DEFAULT_RULES, Rules
from contracts.representations import DetailAnnouncementResponse, DetailBookingResponse
from contracts.values.ids import PersonId
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
    say,
)


def announcement(
    spec: Spec, viewer: PersonId, rules: Rules = DEFAULT_RULES, language: Any = "en"
) -> DetailAnnouncementResponse:
    return render_announcement(spec.layer, ANNOUNCEMENT, viewer, language, rules)


def booking(spec: Spec, guest: PersonId, viewer: PersonId) -> DetailBookingResponse:
    return render_booking(spec.layer, booking_id(guest), viewer, "en", DEFAULT_RULES)


def guests(spec: Spec, viewer: PersonId, rules: Rules = DEFAULT_RULES) -> list[PersonId]:
    return [one.guest_id for one in announcement(spec, viewer, rules).guest_list]


@pytest.fixture
def visited(spec: Spec) -> Spec:
    """Ann and Ben are confirmed, Cat asks."""
    spec.given(AUTHOR, announce(seats=3, hide_location=True, location_hint="Near the river"))
    for guest in (ANN, BEN):
        spec.given(guest, ask(guest)).given(AUTHOR, say(True, guest))
    return spec.given(CAT, ask(CAT))


def test_the_author_sees_everyone_a_guest_the_confirmed_others_nobody(visited: Spec) -> None:
    assert guests(visited, AUTHOR) == [ANN, BEN, CAT]
    assert guests(visited, BEN) == [ANN, BEN]
    assert guests(visited, CAT) == guests(visited, OTHER_AUTHOR) == []
    assert announcement(visited, OTHER_AUTHOR).guest_count == 2


def test_guests_may_be_hidden_even_from_each_other(visited: Spec) -> None:
    discreet = Rules(hide_guest_list=True)
    assert guests(visited, BEN, discreet) == []
    assert guests(visited, AUTHOR, discreet) == [ANN, BEN, CAT]


def test_a_hidden_place_is_for_the_author_and_the_confirmed(visited: Spec) -> None:
    shown = {viewer: announcement(visited, viewer).event_location for viewer in (AUTHOR, ANN, CAT)}
    assert shown == {AUTHOR: "Here", ANN: "Here", CAT: None}
    assert announcement(visited, CAT).location_hint == "Near the river"
    visited.given(ANN, say(False, ANN))
    assert announcement(visited, ANN).event_location is None


def test_the_viewers_own_booking_is_pointed_out(visited: Spec) -> None:
    mine = announcement(visited, CAT)
    assert (mine.my_booking_id, mine.my_state) == (booking_id(CAT), "requested")
    assert announcement(visited, AUTHOR).my_booking_id is None


def test_d2_seats_left_are_counted_and_not_clamped(visited: Spec) -> None:
    assert announcement(visited, CAT).tickets_left == 1
    visited.given(AUTHOR, invite(PersonId("dan"), hold_hours=5))
    full = announcement(visited, CAT)
    assert (full.tickets_left, full.status, full.closed_reason) == (0, "Closed", "full")


def test_d18_the_announcement_is_modified_by_changes_and_the_booking_by_moves(
    visited: Spec,
) -> None:
    visited.at(1).given(AUTHOR, say(False, CAT)).at(2).given(AUTHOR, change(title="x"))
    assert announcement(visited, AUTHOR).modified > booking(visited, CAT, CAT).modified
    assert booking(visited, CAT, CAT).modified > booking(visited, CAT, CAT).created
    assert booking(visited, ANN, ANN).modified == booking(visited, ANN, ANN).created


def test_the_film_is_named_in_the_viewers_language(visited: Spec) -> None:
    assert announcement(visited, ANN).movie_title == "Solaris"
    assert announcement(visited, ANN, language="ru").movie_title == "Солярис"


def test_the_place_on_the_waitlist_moves_up(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(BEN, ask(BEN)).given(CAT, ask(CAT)).given(AUTHOR, say(True, CAT))
    assert booking(spec, BEN, BEN).waitlist_position == 1
    second = booking(spec, CAT, CAT)
    assert (second.waitlist_position, second.preapproved) == (2, True)
    spec.given(BEN, say(False, BEN))
    assert booking(spec, CAT, CAT).waitlist_position == 1
    assert booking(spec, BEN, BEN).waitlist_position is None


def test_other_announcements_of_a_guest_are_shown_to_the_guest_alone(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL, hours=25))
    spec.given(ANN, ask(ANN)).given(ANN, ask(ANN, RIVAL))
    assert [one.announcement_id for one in booking(spec, ANN, ANN).overlaps] == [RIVAL]
    assert booking(spec, ANN, AUTHOR).overlaps == []
