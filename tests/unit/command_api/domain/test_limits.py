"""How much one person may ask of others (requirements §3.5)."""

import msgspec
import pytest

from command_api.domain.evolution import apply
from command_api.domain.layer import Layer
from command_api.domain.rules import Rules
from contracts.events.announcement import (
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
)
from contracts.events.booking import (
    BookingApproved,
    BookingInvited,
    BookingLeft,
    BookingReconsidered,
    BookingRejected,
)
from contracts.values.ids import AnnouncementId, PersonId
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
    invite,
    pair,
    say,
)

THIRD = AnnouncementId("third")
TOMORROW = 12.0
"""Hours from NOON to the next day."""


def test_an_author_has_so_many_open_announcements_and_no_more() -> None:
    spec = Spec(Rules(evenings_open_max=2))
    spec.given(AUTHOR, announce(), announce(RIVAL, hours=48))
    spec.when(AUTHOR, announce(THIRD, hours=72)).then_refused("too_many_evenings", limit=2)
    spec.given(OTHER_AUTHOR, announce(THIRD, hours=72))


def test_a_cancelled_announcement_makes_room() -> None:
    spec = Spec(Rules(evenings_open_max=1))
    spec.given(AUTHOR, announce(), cancel())
    spec.when(AUTHOR, announce(RIVAL)).then((AnnouncementCreated, {}), (AnnouncementPublished, {}))


def test_an_announcement_that_is_over_makes_room() -> None:
    spec = Spec(Rules(evenings_open_max=1)).given(AUTHOR, announce())
    spec.at(24.0).given(AUTHOR, change(status="Closed"))
    due(spec.at(27.0), DUE)
    spec.then((AnnouncementDone, {}))
    spec.given(AUTHOR, announce(RIVAL, hours=48))


def test_drafts_are_counted_by_themselves() -> None:
    spec = Spec(Rules(evenings_open_max=1, drafts_max=1))
    spec.given(AUTHOR, announce(), announce(RIVAL, hours=48, publish=False))
    draft = announce(THIRD, hours=72, publish=False)
    spec.when(AUTHOR, draft).then_refused("too_many_drafts", limit=1)
    spec.when(AUTHOR, change(RIVAL, status="Alive")).then_refused("too_many_evenings", limit=1)
    spec.given(AUTHOR, cancel()).given(AUTHOR, change(RIVAL, status="Alive"))
    spec.given(AUTHOR, draft)


def test_an_author_sends_so_many_invitations_a_day() -> None:
    spec = Spec(Rules(invitations_of_host_a_day_max=2)).given(AUTHOR, announce(seats=5))
    spec.when(AUTHOR, invite(ANN, BEN, CAT))
    assert spec.results == {ANN: "invited", BEN: "invited", CAT: "too_many_invitations"}
    spec.then(pair(BookingInvited, True, None), pair(BookingInvited, True, None))
    spec.at(TOMORROW).when(AUTHOR, invite(CAT)).then(pair(BookingInvited, True, None))


def test_an_author_invites_the_same_guest_so_often_a_day() -> None:
    spec = Spec(Rules(invitations_of_pair_a_day_max=1))
    spec.given(AUTHOR, announce(), announce(RIVAL, hours=48), invite(ANN))
    spec.when(AUTHOR, invite(ANN, BEN, announcement=RIVAL))
    assert spec.results == {ANN: "guest_invited_too_often", BEN: "invited"}
    spec.at(TOMORROW).given(AUTHOR, invite(ANN, announcement=RIVAL))


def test_inviting_again_counts() -> None:
    spec = Spec(Rules(invitations_of_pair_a_day_max=1)).given(AUTHOR, announce(), invite(ANN))
    spec.given(ANN, say(False, ANN)).when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "guest_invited_too_often"}


def test_a_guest_gets_so_many_invitations_a_day_of_all_authors_together() -> None:
    spec = Spec(Rules(invitations_of_guest_a_day_max=1))
    spec.given(AUTHOR, announce(), invite(ANN)).given(OTHER_AUTHOR, announce(RIVAL, hours=48))
    spec.when(OTHER_AUTHOR, invite(ANN, BEN, announcement=RIVAL))
    assert spec.results == {ANN: "not_invitable", BEN: "invited"}
    spec.at(TOMORROW).given(OTHER_AUTHOR, invite(ANN, announcement=RIVAL))


def test_whoever_asked_is_approved_whatever_was_sent_that_day() -> None:
    spec = Spec(Rules(invitations_of_host_a_day_max=1)).given(AUTHOR, announce(), invite(BEN))
    spec.given(ANN, ask(ANN)).when(AUTHOR, invite(ANN)).then(pair(BookingApproved, True, True))


def test_invitations_that_come_with_an_announcement_count_as_well() -> None:
    guests = invite(ANN, BEN).guests
    spec = Spec(Rules(invitations_of_host_a_day_max=1))
    spec.when(AUTHOR, announce(invite=guests))
    assert spec.results == {ANN: "invited", BEN: "too_many_invitations"}


@pytest.mark.parametrize("side", [AUTHOR, ANN])
def test_each_side_lifts_its_own_no_so_often(side: PersonId) -> None:
    other = ANN if side == AUTHOR else AUTHOR
    spec = Spec(Rules(requests_max=2)).given(AUTHOR, announce()).given(ANN, ask(ANN))
    spec.given(AUTHOR, say(True, ANN)).given(side, say(False, ANN), say(True, ANN))
    # A no is always safe, and the other side's noes do not count.
    no = BookingRejected if side == AUTHOR else BookingLeft
    statuses = (False, True) if side == AUTHOR else (True, False)
    spec.when(side, say(False, ANN)).then(pair(no, *statuses))
    spec.given(side, say(False, ANN)).when(side, say(True, ANN))
    spec.then_refused("reopen_limit", limit=2, booking_id=spec.booking(ANN).id)
    spec.given(other, say(False, ANN), say(True, ANN))


def test_a_no_to_a_no_is_lifted_so_often() -> None:
    spec = Spec(Rules(requests_max=2)).given(AUTHOR, announce(), invite(ANN))
    spec.given(ANN, say(False, ANN)).given(AUTHOR, say(False, ANN))
    spec.when(AUTHOR, say(True, ANN)).then(pair(BookingReconsidered, True, False))
    spec.given(AUTHOR, say(True, ANN), say(False, ANN))
    spec.when(AUTHOR, say(True, ANN)).then_refused("reopen_limit", limit=2)


def test_asking_or_inviting_is_no_way_around() -> None:
    spec = Spec(Rules(requests_max=1)).given(AUTHOR, announce(seats=3), invite(ANN, BEN))
    spec.given(AUTHOR, say(False, ANN)).when(AUTHOR, invite(ANN, CAT))
    assert spec.results == {ANN: "reopen_limit", CAT: "invited"}
    spec.given(BEN, say(False, BEN)).when(BEN, ask(BEN)).then_refused("reopen_limit", limit=1)


def test_an_invitation_of_a_draft_comes_and_goes_untold() -> None:
    spec = Spec(Rules(requests_max=1)).given(AUTHOR, announce(publish=False), invite(ANN))
    spec.given(AUTHOR, say(False, ANN)).when(AUTHOR, invite(ANN))
    spec.then(pair(BookingInvited, True, None))


def test_all_processes_count_alike_whatever_their_own_numbers() -> None:
    """Counting follows from the events alone: a follower that folds them, with other rules,
    knows the same, and what is kept of one day goes with the next."""
    spec = Spec(Rules(invitations_of_host_a_day_max=2)).given(AUTHOR, announce(seats=5))
    spec.when(AUTHOR, invite(ANN, BEN, CAT))
    follower = Layer.empty()
    follower.absorb(spec.layer)
    for event in spec.decision.events:
        apply(follower, event, NOON, AUTHOR)
    assert follower.person(AUTHOR) == spec.decision.layer.person(AUTHOR)
    assert follower.person(AUTHOR).invitations.sent == 2
    assert follower.person(ANN).invitations.received_from == (AUTHOR,)
    assert ANNOUNCEMENT in follower.person(AUTHOR).announcements
    later = NOON.replace(day=2)
    assert msgspec.structs.astuple(follower.person(AUTHOR).invitations_on(later))[1:] == (0, ())
