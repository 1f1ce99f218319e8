"""Announcements: their statuses, terms, deadlines, and the announcements of one person."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from command_api.domain.announcement.commands import ChangeAnnouncement
from command_api.domain.rules import Rules
from contracts.errors import Forbidden, Malformed, NeedsFact, NotFound, StaleVersion
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    AnnouncementReopened,
)
from contracts.events.booking import (
    BookingApproved,
    BookingInvited,
    BookingReleased,
    BookingRequested,
    BookingUnsettled,
)
from contracts.values.ids import AnnouncementId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
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

# Statuses


def test_an_announcement_is_open_at_once_or_a_draft(spec: Spec) -> None:
    spec.when(AUTHOR, announce()).then(
        (AnnouncementCreated, {"author_id": AUTHOR, "version": 1}),
        (AnnouncementPublished, {"version": 2}),
    )
    spec.when(AUTHOR, announce(RIVAL, hours=48, publish=False)).then((AnnouncementCreated, {}))
    spec.when(AUTHOR, change(RIVAL, status="Alive")).then((AnnouncementPublished, {"version": 2}))
    spec.when(AUTHOR, change(RIVAL, status="Alive")).then_nothing()


def test_closing_by_hand_and_opening_again(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).when(AUTHOR, change(status="Closed"))
    spec.then((AnnouncementClosed, {"reason": "manual"}))
    spec.when(AUTHOR, change(status="Closed")).then_nothing()
    spec.when(AUTHOR, change(status="Alive")).then((AnnouncementReopened, {"reason": "manual"}))


def test_only_full_opens_by_itself(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(AUTHOR, change(status="Closed"))
    spec.given(ANN, say(False, ANN))
    assert (spec.announcement().status, spec.announcement().closed_reason) == ("Closed", "manual")


def test_a_full_announcement_is_not_opened_by_hand(spec: Spec) -> None:
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.when(AUTHOR, change(status="Alive")).then_refused("cannot_reopen", closed_reason="full")


def test_no_new_requests_once_the_film_has_begun(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    spec.at(24).when(ANN, ask(ANN)).then_refused("announcement_closed")
    due(spec.at(23.9), DUE).then_nothing()
    due(spec.at(24), DUE).then((AnnouncementClosed, {"reason": "cutoff"}))
    spec.when(AUTHOR, change(status="Alive")).then_refused("cannot_reopen")


def test_an_announcement_is_done_when_the_film_is_over(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    due(spec.at(24), DUE).then((AnnouncementClosed, {"reason": "cutoff"}))
    due(spec.at(25.9), DUE).then_nothing()
    due(spec.at(26), DUE).then((AnnouncementDone, {}))
    due(spec.at(99), DUE).then_nothing()
    spec.when(AUTHOR, cancel()).then_refused("already_done")
    spec.when(AUTHOR, change(title="x")).then_refused(
        "change_not_allowed", announcement_status="Done"
    )
    spec.when(AUTHOR, change(status="Closed")).then_refused("cannot_close")


def test_a_draft_past_its_time_is_cancelled(spec: Spec) -> None:
    spec.given(AUTHOR, announce(publish=False))
    due(spec.at(24), DUE).then((AnnouncementCancelled, {"by": "system", "reason": "draft_expired"}))


def test_d15_cancelling_is_soft_and_may_be_repeated(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN)).when(AUTHOR, cancel(reason="rain"))
    spec.then((AnnouncementCancelled, {"by": "author", "reason": "rain"}))
    spec.when(AUTHOR, cancel()).then_nothing()
    assert spec.booking(ANN).state == "requested"
    spec.when(AUTHOR, change(status="Alive")).then_refused(
        "cannot_reopen", announcement_status="Cancelled"
    )


def test_an_operator_may_call_off_and_nothing_else(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    spec.when(CAT, cancel()).then_fails(Forbidden)
    spec.when(CAT, change(title="x"), is_super=True).then_fails(Forbidden)
    spec.when(CAT, cancel(), is_super=True).then((AnnouncementCancelled, {"by": "operator"}))


# ChangedTerms


def test_what_is_already_so_adds_nothing(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    spec.when(AUTHOR, change(title="A film", ticket_count=2)).then_nothing()


def test_d18_only_what_changes_is_recorded_and_modified_moves(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).at(1).when(AUTHOR, change(title="New", ticket_count=2))
    spec.then((AnnouncementChanged, {"title": "New", "version": 3}))
    assert spec.announcement().modified_at == NOON + hours(1)
    assert spec.announcement().created_at == NOON


def test_a_change_of_another_version_is_stale(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).when(
        AUTHOR, change(title="x", if_versions=frozenset({1}))
    ).then_fails(StaleVersion)
    spec.when(AUTHOR, change(title="x", if_versions=frozenset({1, 2}))).then(
        (AnnouncementChanged, {"version": 3})
    )


def test_a_time_must_lie_ahead(spec: Spec) -> None:
    spec.when(AUTHOR, announce(hours=-1)).then_fails(Malformed, "time_in_past", "event_time")
    spec.given(AUTHOR, announce())
    spec.when(AUTHOR, change(event_time=NOON)).then_fails(Malformed, "time_in_past", "event_time")


def test_a_free_announcement_has_no_price(spec: Spec) -> None:
    spec.when(AUTHOR, announce(price_amount=5.0)).then_fails(
        Malformed, "price_when_free", "price_amount"
    )
    spec.given(AUTHOR, announce(is_free=False, price_amount=5.0))
    spec.when(AUTHOR, change(is_free=True)).then_fails(Malformed, "price_when_free", "price_amount")


# One person's announcements


def test_d1_two_authors_may_both_announce_the_same_time(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL))


def test_an_author_has_one_announcement_at_a_time(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).when(AUTHOR, announce(RIVAL, hours=25.5)).then_refused("overlap")
    assert spec.conflicts == [ANNOUNCEMENT]
    spec.given(AUTHOR, announce(RIVAL, hours=25.5, publish=False))
    spec.when(AUTHOR, change(RIVAL, status="Alive")).then_refused("overlap")


def test_an_author_cannot_move_onto_another_own_announcement(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(AUTHOR, announce(RIVAL, hours=48))
    spec.when(AUTHOR, change(RIVAL, event_time=NOON + hours(25))).then_refused("overlap")


@pytest.mark.parametrize(("start", "overlapping"), [(25.5, True), (26.0, False), (22.0, False)])
def test_d3_announcements_overlap_as_half_open_intervals(
    spec: Spec, start: float, overlapping: bool
) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL, hours=start))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN)).when(ANN, ask(ANN, RIVAL))
    if overlapping:
        spec.then_refused("overlap")
    else:
        spec.then(pair(BookingRequested, None, True))


def test_a_gap_may_be_asked_for() -> None:
    spec = Spec(Rules(gap=hours(1)))
    spec.given(AUTHOR, announce()).when(AUTHOR, announce(RIVAL, hours=26.5)).then_refused("overlap")
    spec.given(AUTHOR, announce(RIVAL, hours=27))


def test_a_pending_request_does_not_block_unless_it_shall(spec: Spec) -> None:
    for one, blocks in ((spec, False), (Spec(Rules(pending_blocks=True)), True)):
        one.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL)).given(ANN, ask(ANN))
        one.when(ANN, ask(ANN, RIVAL))
        if blocks:
            one.then_refused("overlap")
        else:
            one.then(pair(BookingRequested, None, True))


def test_overlap_is_checked_again_when_it_is_confirmed(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN)).given(ANN, announce(RIVAL, hours=25))
    busy = {"event_time": NOON + hours(25), "ends_at": NOON + hours(27)}
    spec.when(AUTHOR, say(True, ANN)).then_refused("overlap", conflicts=[busy])
    spec.given(AUTHOR, invite(BEN)).given(BEN, announce(AnnouncementId("third"), hours=23))
    spec.when(BEN, say(True, BEN)).then_refused("overlap")
    assert spec.conflicts == ["third"]


def test_every_clash_is_listed(spec: Spec) -> None:
    third = AnnouncementId("third")
    spec.given(AUTHOR, announce(minutes=600))
    spec.given(OTHER_AUTHOR, announce(RIVAL, hours=25)).given(ANN, announce(third, hours=30))
    spec.given(ANN, ask(ANN, RIVAL)).given(OTHER_AUTHOR, say(True, ANN, RIVAL))
    spec.when(ANN, ask(ANN)).then_refused("overlap")
    assert spec.conflicts == [RIVAL, third]


def test_d4_a_rejected_or_withdrawn_booking_blocks_nothing(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN)).given(AUTHOR, say(False, ANN))
    spec.given(ANN, ask(ANN, RIVAL)).given(OTHER_AUTHOR, say(True, ANN, RIVAL))


def test_d5_a_moved_announcement_takes_its_guests_times_along(spec: Spec) -> None:
    spec.given(AUTHOR, announce()).given(OTHER_AUTHOR, announce(RIVAL, hours=48))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(AUTHOR, change(event_time=NOON + hours(47)))
    spec.when(ANN, ask(ANN, RIVAL)).then_refused("overlap")
    spec.given(AUTHOR, change(event_time=NOON + hours(72))).given(ANN, ask(ANN, RIVAL))


def test_confirming_releases_the_rivals_and_what_they_held(spec: Spec) -> None:
    spec.given(OTHER_AUTHOR, announce(RIVAL, seats=1))
    spec.given(OTHER_AUTHOR, invite(ANN, announcement=RIVAL, hold_hours=10))
    spec.given(BEN, ask(BEN, RIVAL)).given(OTHER_AUTHOR, say(True, BEN, RIVAL))
    spec.given(AUTHOR, announce()).given(ANN, ask(ANN))
    spec.when(AUTHOR, say(True, ANN))
    decision = spec.decision
    assert decision is not None
    kinds = [type(event).__name__ for event in decision.events]
    assert kinds == ["BookingApproved", "BookingReleased", "BookingOffered"]
    spec.then(
        pair(BookingApproved, True, True, guest_id=ANN),
        pair(
            BookingReleased,
            True,
            False,
            announcement_id=RIVAL,
            reason="superseded",
            clashes=(ANNOUNCEMENT,),
        ),
        (type(decision.events[2]), {"guest_id": BEN, "announcement_id": RIVAL}),
    )


# Moves that make a guest clash


def moved_onto_rival(spec: Spec, at: float = 0.0) -> Spec:
    spec.given(AUTHOR, announce(hours=60)).given(OTHER_AUTHOR, announce(RIVAL, hours=30))
    spec.given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(ANN, ask(ANN, RIVAL)).given(OTHER_AUTHOR, say(True, ANN, RIVAL))
    return spec.at(at).when(AUTHOR, change(event_time=NOON + hours(31)))


def test_a_guest_who_clashes_is_asked_and_keeps_the_seat(spec: Spec) -> None:
    moved_onto_rival(spec).then(
        (AnnouncementChanged, {}),
        pair(
            BookingUnsettled,
            True,
            None,
            taken=1,
            hold_until=NOON + hours(24),
            clashes=(RIVAL,),
        ),
    )
    assert (spec.booking(ANN).state, spec.booking(ANN).reason) == ("offered", "moved_clash")
    spec.when(ANN, say(True, ANN)).then_refused("overlap")
    spec.given(ANN, say(False, ANN, RIVAL)).given(ANN, say(True, ANN))


def test_silence_after_a_move_is_a_no(spec: Spec) -> None:
    moved_onto_rival(spec).then((AnnouncementChanged, {}), (BookingUnsettled, {}))
    due(spec.at(24), hold_due(ANN)).then(
        pair(BookingReleased, True, False, reason="moved_clash", taken=0)
    )


def test_too_late_to_ask_the_seat_is_free_at_once(spec: Spec) -> None:
    moved_onto_rival(spec, at=29.5).then(
        (AnnouncementChanged, {}),
        pair(BookingReleased, True, False, reason="moved_clash", clashes=(RIVAL,)),
    )


# Who sees what


def test_d7_a_subscribers_announcement_is_for_followers(spec: Spec) -> None:
    spec.given(AUTHOR, announce(visibility="subscribers"))
    spec.when(ANN, ask(ANN)).then_fails(NeedsFact)
    spec.when(ANN, ask(ANN, follows_author=False)).then_fails(NotFound)
    spec.when(ANN, ask(ANN, follows_author=True)).then(pair(BookingRequested, None, True))


def test_an_invited_stranger_always_sees_the_announcement(spec: Spec) -> None:
    for visibility in ("subscribers", "invite"):
        one = Spec().given(AUTHOR, announce(visibility=visibility))
        one.given(AUTHOR, invite(ANN)).given(ANN, ask(ANN))
        one.when(BEN, ask(BEN, follows_author=False)).then_fails(NotFound)


def test_a_hidden_announcement_is_not_even_forbidden(spec: Spec) -> None:
    spec.given(AUTHOR, announce(visibility="invite"))
    spec.when(ANN, cancel()).then_fails(NotFound)
    spec.when(ANN, change(title="x")).then_fails(NotFound)
    spec.when(ANN, invite(BEN)).then_fails(NotFound)


def test_guests_may_be_named_at_creation(spec: Spec) -> None:
    spec.when(AUTHOR, announce(invite=invite(ANN).guests)).then(
        (AnnouncementCreated, {}),
        (AnnouncementPublished, {}),
        pair(BookingInvited, True, None, guest_id=ANN),
    )


def test_a_hold_ends_before_the_announcement_starts(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    for wrong in (-1, 25):
        spec.when(AUTHOR, invite(ANN, hold_hours=wrong))
        spec.then_fails(Malformed, "hold_out_of_range", "hold_until")


def test_a_change_that_nobody_relies_on_may_be_kept_quiet(spec: Spec) -> None:
    spec.given(AUTHOR, announce())
    spec.when(AUTHOR, quiet(title="Typo mended")).then((AnnouncementChanged, {"notify": False}))
    spec.when(AUTHOR, quiet(title="Typo mended", event_location="Here")).then_nothing()


@pytest.mark.parametrize(
    "changes",
    [
        {"event_time": NOON + timedelta(hours=30)},
        {"event_location": "There"},
        {"location_hint": "Ring twice"},
        {"price_currency": "EUR"},
    ],
)
def test_what_guests_rely_on_is_never_changed_quietly(spec: Spec, changes: dict[str, Any]) -> None:
    spec.given(AUTHOR, announce())
    spec.when(AUTHOR, quiet(title="New", **changes)).then_refused(
        "guests_rely_on_it", fields=list(changes)
    )
    spec.when(AUTHOR, quiet(status="Closed")).then_refused("guests_rely_on_it", fields=["status"])


def quiet(status: Any = None, **changes: Any) -> ChangeAnnouncement:
    return msgspec.structs.replace(change(status=status, **changes), notify=False)
