"""How much one person may ask of others (requirements §3.5)."""

import msgspec

from command_api.domain.evolution import apply
from command_api.domain.rules import Rules
from command_api.domain.state import Layer
from contracts.events import (
    AnnouncementCreated,
    AnnouncementDone,
    AnnouncementPublished,
    BookingApproved,
    BookingInvited,
)
from contracts.ids import AnnouncementId
from tests.unit.domain.spec import (
    ANN,
    BEN,
    CAT,
    DUE,
    EVENING,
    HOST,
    NOON,
    OTHER_HOST,
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


def test_a_host_has_so_many_open_evenings_and_no_more() -> None:
    spec = Spec(Rules(evenings_open_max=2))
    spec.given(HOST, announce(), announce(RIVAL, hours=48))
    spec.when(HOST, announce(THIRD, hours=72)).then_refused("too_many_evenings", limit=2)
    spec.given(OTHER_HOST, announce(THIRD, hours=72))


def test_a_cancelled_evening_makes_room() -> None:
    spec = Spec(Rules(evenings_open_max=1))
    spec.given(HOST, announce(), cancel())
    spec.when(HOST, announce(RIVAL)).then((AnnouncementCreated, {}), (AnnouncementPublished, {}))


def test_an_evening_that_is_over_makes_room() -> None:
    spec = Spec(Rules(evenings_open_max=1)).given(HOST, announce())
    spec.at(24.0).given(HOST, change(status="Closed"))
    due(spec.at(27.0), DUE)
    spec.then((AnnouncementDone, {}))
    spec.given(HOST, announce(RIVAL, hours=48))


def test_drafts_are_counted_by_themselves() -> None:
    spec = Spec(Rules(evenings_open_max=1, drafts_max=1))
    spec.given(HOST, announce(), announce(RIVAL, hours=48, publish=False))
    draft = announce(THIRD, hours=72, publish=False)
    spec.when(HOST, draft).then_refused("too_many_drafts", limit=1)
    spec.when(HOST, change(RIVAL, status="Alive")).then_refused("too_many_evenings", limit=1)
    spec.given(HOST, cancel()).given(HOST, change(RIVAL, status="Alive"))
    spec.given(HOST, draft)


def test_a_host_sends_so_many_invitations_a_day() -> None:
    spec = Spec(Rules(invitations_of_host_a_day_max=2)).given(HOST, announce(seats=5))
    spec.when(HOST, invite(ANN, BEN, CAT))
    assert spec.results == {ANN: "invited", BEN: "invited", CAT: "too_many_invitations"}
    spec.then(pair(BookingInvited, True, None), pair(BookingInvited, True, None))
    spec.at(TOMORROW).when(HOST, invite(CAT)).then(pair(BookingInvited, True, None))


def test_a_host_invites_the_same_guest_so_often_a_day() -> None:
    spec = Spec(Rules(invitations_of_pair_a_day_max=1))
    spec.given(HOST, announce(), announce(RIVAL, hours=48), invite(ANN))
    spec.when(HOST, invite(ANN, BEN, evening=RIVAL))
    assert spec.results == {ANN: "guest_invited_too_often", BEN: "invited"}
    spec.at(TOMORROW).given(HOST, invite(ANN, evening=RIVAL))


def test_inviting_again_counts() -> None:
    spec = Spec(Rules(invitations_of_pair_a_day_max=1)).given(HOST, announce(), invite(ANN))
    spec.given(ANN, say(False, ANN)).when(HOST, invite(ANN))
    assert spec.results == {ANN: "guest_invited_too_often"}


def test_a_guest_gets_so_many_invitations_a_day_of_all_hosts_together() -> None:
    spec = Spec(Rules(invitations_of_guest_a_day_max=1))
    spec.given(HOST, announce(), invite(ANN)).given(OTHER_HOST, announce(RIVAL, hours=48))
    spec.when(OTHER_HOST, invite(ANN, BEN, evening=RIVAL))
    assert spec.results == {ANN: "not_invitable", BEN: "invited"}
    spec.at(TOMORROW).given(OTHER_HOST, invite(ANN, evening=RIVAL))


def test_whoever_asked_is_approved_whatever_was_sent_that_day() -> None:
    spec = Spec(Rules(invitations_of_host_a_day_max=1)).given(HOST, announce(), invite(BEN))
    spec.given(ANN, ask(ANN)).when(HOST, invite(ANN)).then(pair(BookingApproved, True, True))


def test_invitations_that_come_with_an_evening_count_as_well() -> None:
    guests = invite(ANN, BEN).guests
    spec = Spec(Rules(invitations_of_host_a_day_max=1))
    spec.when(HOST, announce(invite=guests))
    assert spec.results == {ANN: "invited", BEN: "too_many_invitations"}


def test_all_processes_count_alike_whatever_their_own_numbers() -> None:
    """Counting follows from the events alone: a follower that folds them, with other rules,
    knows the same, and what is kept of one day goes with the next."""
    spec = Spec(Rules(invitations_of_host_a_day_max=2)).given(HOST, announce(seats=5))
    spec.when(HOST, invite(ANN, BEN, CAT))
    assert spec._decision is not None
    follower = Layer()
    follower.absorb(spec.world)
    for event in spec._decision.events:
        apply(follower, event, NOON)
    assert follower.person(HOST) == spec._decision.layer.person(HOST)
    assert follower.person(HOST).invitations.sent == 2
    assert follower.person(ANN).invitations.received_from == (HOST,)
    assert EVENING in follower.person(HOST).hosting
    later = NOON.replace(day=2)
    assert msgspec.structs.astuple(follower.person(HOST).invitations_on(later))[1:] == (0, ())
