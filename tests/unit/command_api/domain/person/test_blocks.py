"""People who block each other: what ends, what stays, and what neither can do any more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from command_api.domain.announcement.representation import render_announcement
from command_api.domain.person.commands import (
    BlockPerson,
    ErasureDue,
    OrderErasure,
    UnblockPerson,
)
from command_api.domain.person.state import Person
from command_api.domain.rules import DEFAULT_RULES, Rules
from contracts.errors import NotFound
from contracts.events.booking import (
    BookingAccepted,
    BookingApproved,
    BookingDeclined,
    BookingEvent,
    BookingInvited,
    BookingLeft,
    BookingOffered,
    BookingPreapproved,
    BookingRejected,
    BookingRequested,
    BookingRevoked,
    BookingWithdrawn,
)
from contracts.events.person import PersonBlocked, PersonErased, PersonUnblocked
from contracts.values.ids import OPERATOR, SYSTEM, PersonId
from tests.histories.decided import Decided, DecidedHistory
from tests.histories.random_people import RandomPeople
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    OTHER_AUTHOR,
    Spec,
    announce,
    ask,
    change,
    invite,
    pair,
    say,
)

ANN_BLOCKS, ANN_UNBLOCKS = BlockPerson(person_id=AUTHOR), UnblockPerson(person_id=AUTHOR)
AUTHOR_BLOCKS = BlockPerson(person_id=ANN)
APPROACHES = (
    BookingRequested,
    BookingInvited,
    BookingApproved,
    BookingAccepted,
    BookingPreapproved,
    BookingOffered,
)
"""Events by which one side approaches the other."""


def test_blocking_is_recorded_once_and_undone_once() -> None:
    spec = Spec()
    spec.when(ANN, ANN_BLOCKS).then((PersonBlocked, {"person_id": ANN, "blocked_id": AUTHOR}))
    spec.when(ANN, ANN_BLOCKS).then_nothing()
    spec.when(ANN, ANN_UNBLOCKS).then((PersonUnblocked, {"person_id": ANN, "blocked_id": AUTHOR}))
    spec.when(ANN, ANN_UNBLOCKS).then_nothing()
    assert spec.layer.person(ANN).blocked == ()


def test_nobody_blocks_themselves_and_blocks_are_bounded() -> None:
    Spec().when(ANN, AUTHOR_BLOCKS).then_refused("block_of_oneself")
    spec = Spec(Rules(blocks_max=1)).given(ANN, ANN_BLOCKS)
    spec.when(ANN, BlockPerson(person_id=OTHER_AUTHOR)).then_refused("blocks_full", blocked=1)
    spec.when(ANN, ANN_BLOCKS).then_nothing()


@pytest.mark.parametrize(("who", "block"), [(ANN, ANN_BLOCKS), (AUTHOR, AUTHOR_BLOCKS)])
def test_neither_asks_nor_invites_the_other_whoever_blocked(who: PersonId, block: Any) -> None:
    spec = Spec().given(AUTHOR, announce()).given(who, block)
    spec.when(ANN, ask(ANN, follows_author=True)).then_fails(NotFound)
    spec.when(AUTHOR, invite(ANN, CAT)).then((BookingInvited, {"guest_id": CAT}))
    assert spec.results == {ANN: "not_invitable", CAT: "invited"}
    spec.given(who, UnblockPerson(person_id=block.person_id))
    spec.when(ANN, ask(ANN)).then(pair(BookingRequested, None, True))


@pytest.mark.parametrize(
    ("who", "block", "request_ends", "invitation_ends"),
    [
        (ANN, ANN_BLOCKS, BookingWithdrawn, BookingDeclined),
        (AUTHOR, AUTHOR_BLOCKS, BookingRejected, BookingRevoked),
    ],
)
def test_what_is_open_between_them_ends_by_the_blocker_s_no(
    who: PersonId, block: Any, request_ends: Any, invitation_ends: Any
) -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, ask(ANN))
    spec.when(who, block).then((PersonBlocked, {}), (request_ends, {"guest_id": ANN}))
    spec = Spec().given(AUTHOR, announce(), invite(ANN))
    spec.when(who, block).then((PersonBlocked, {}), (invitation_ends, {"guest_id": ANN}))
    spec.when(ANN, say(True, ANN)).then_fails(NotFound)


def test_a_seat_that_was_held_goes_to_who_waits() -> None:
    spec = Spec().given(AUTHOR, announce(seats=1), invite(ANN, hold_hours=20))
    spec.given(BEN, ask(BEN)).given(AUTHOR, say(True, BEN))
    spec.given(ANN, ANN_BLOCKS)
    assert spec.booking(BEN).state == "offered"


def test_what_is_confirmed_stays_until_somebody_leaves() -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.when(ANN, ANN_BLOCKS).then((PersonBlocked, {}))
    assert render(spec, ANN).my_state == "confirmed"
    spec.when(ANN, say(False, ANN)).then(pair(BookingLeft, True, False))
    spec.when(ANN, say(True, ANN)).then_fails(NotFound)
    spec.when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "not_invitable"}


def test_who_was_turned_down_is_not_confirmed_across_a_block() -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, ask(ANN)).given(AUTHOR, say(False, ANN))
    spec.given(ANN, ANN_BLOCKS)
    spec.when(AUTHOR, say(True, ANN)).then_refused("not_invitable")
    spec.when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "not_invitable"}


def test_an_invitation_in_a_draft_stays_and_is_never_shown() -> None:
    """Taking it back would tell the author: the guest was never told of it."""
    spec = Spec().given(AUTHOR, announce(publish=False), invite(ANN))
    spec.when(ANN, ANN_BLOCKS).then((PersonBlocked, {}))
    spec.given(AUTHOR, change(status="Alive"))
    spec.when(ANN, say(True, ANN)).then_fails(NotFound)


def test_who_comes_back_after_an_erasure_is_still_blocked() -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, ask(ANN)).given(AUTHOR, AUTHOR_BLOCKS)
    spec.given(OPERATOR, OrderErasure(person_id=ANN, at_once=True))
    spec.given(SYSTEM, ErasureDue(person_id=ANN))  # Withdraws the request that was turned down.
    spec.when(SYSTEM, ErasureDue(person_id=ANN)).then((PersonErased, {"person_id": ANN}))
    spec.when(ANN, ask(ANN, follows_author=True)).then_fails(NotFound)


def test_guests_apart_do_not_find_each_other_in_a_guest_list() -> None:
    spec = Spec().given(AUTHOR, announce(seats=3))
    for guest in (ANN, BEN, CAT):
        spec.given(guest, ask(guest)).given(AUTHOR, say(True, guest))
    spec.given(ANN, BlockPerson(person_id=BEN))
    assert {one.guest_id for one in render(spec, ANN).guest_list} == {ANN, CAT}
    assert {one.guest_id for one in render(spec, BEN).guest_list} == {BEN, CAT}
    assert {one.guest_id for one in render(spec, AUTHOR).guest_list} == {ANN, BEN, CAT}


def test_an_author_hides_the_guests_of_an_announcement() -> None:
    spec = Spec().given(AUTHOR, announce(hide_guests=True))
    for guest in (ANN, BEN):
        spec.given(guest, ask(guest)).given(AUTHOR, say(True, guest))
    seen, own = render(spec, ANN), render(spec, AUTHOR)
    assert (list(seen.guest_list), seen.guest_count, seen.tickets_left) == (
        [],
        None,
        own.tickets_left,
    )
    assert len(own.guest_list) == own.guest_count == 2
    spec.given(AUTHOR, change(hide_guests=False))
    assert render(spec, ANN).guest_count == 2


def render(spec: Spec, viewer: PersonId) -> Any:
    return render_announcement(spec.layer, ANNOUNCEMENT, viewer, "en", DEFAULT_RULES)


class WatchedHistory(DecidedHistory):
    """Notes every step by which two people approach each other across a block."""

    def __init__(self) -> None:
        super().__init__()
        self.breaches: list[tuple[object, object]] = []
        self.blocks = 0
        self.kept = 0
        """How often a block found a confirmed booking between the two."""

    def record(self, decided: Decided) -> Any:
        before, after = self.layer, decided.decision.layer
        blocks = dict.fromkeys(
            (person.id, other) for person in before.people.own.values() for other in person.blocked
        )
        for event in decided.decision.events:
            if isinstance(event, APPROACHES) and isinstance(event, BookingEvent):
                announcement = after.announcements.get(event.announcement_id)
                assert announcement is not None
                booking = before.bookings.get(event.booking_id)
                sides = event.guest_id, announcement.author_id
                if {sides, sides[::-1]} & blocks.keys() and not (booking and booking.confirmed):
                    self.breaches.append((decided.submission.command, event))
            elif isinstance(event, PersonBlocked):
                self._check_block(decided, event)
        return super().record(decided)

    def _check_block(self, decided: Decided, block: PersonBlocked) -> None:
        self.blocks += 1
        layer, sides = decided.decision.layer, {block.person_id, block.blocked_id}
        for booking in self.layer.bookings.own.values():
            now = layer.bookings.get(booking.id)
            announcement = layer.announcements.get(booking.announcement_id)
            if {booking.guest_id, booking.author_id} != sides:
                continue
            self.kept += booking.confirmed
            assert now is not None
            assert announcement is not None
            assert now.confirmed == booking.confirmed
            goes_on = announcement.takes_place and not announcement.is_over(self.chain.now)
            if now.pending and goes_on:
                self.breaches.append((decided.submission.command, now))


def quarrel(seed: int, wishes: int = 400) -> WatchedHistory:
    history = WatchedHistory()
    RandomPeople(seed, history=history, quarrels=True).live(wishes)
    return history


def test_random_people_never_approach_each_other_across_a_block() -> None:
    found = [quarrel(seed) for seed in range(6)]
    assert [one.breaches for one in found if one.breaches] == []
    assert sum(one.blocks for one in found) > 100
    assert sum(one.kept for one in found) > 5


@contextmanager
def one_sided(patched: pytest.MonkeyPatch) -> Iterator[None]:
    """Plant the bug that only the one who is blocked is kept away."""
    with patched.context() as patch:
        patch.setattr(Person, "is_apart_from", lambda self, other: self.id in other.blocked)
        yield


@contextmanager
def nothing_ends(patched: pytest.MonkeyPatch) -> Iterator[None]:
    """Plant the bug that a block leaves requests and invitations open."""
    with patched.context() as patch:
        patch.setattr(
            "command_api.domain.person.blocks._end_what_is_open", lambda *_args, **_sides: None
        )
        yield


@pytest.mark.parametrize("plant", [one_sided, nothing_ends])
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], Any]
) -> None:
    with plant(monkeypatch):
        assert any(quarrel(seed).breaches for seed in range(6))
