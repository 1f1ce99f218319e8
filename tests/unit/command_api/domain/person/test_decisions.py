"""Mutes of persons, and suspensions by an operator."""

import msgspec
import pytest

from command_api.domain.person.commands import (
    MuteAuthor,
    ReinstatePerson,
    SuspendPerson,
    UnmuteAuthor,
)
from command_api.domain.person.state import MutedAuthor
from command_api.domain.rules import Rules
from command_api.domain.submission import AnyCommand
from contracts.errors import Forbidden
from contracts.events.booking import BookingAccepted, BookingInvited, BookingRequested
from contracts.events.person import (
    PersonMuted,
    PersonReinstated,
    PersonSuspended,
    PersonUnmuted,
)
from contracts.values.ids import OPERATOR
from tests.unit.command_api.domain.spec import (
    ANN,
    AUTHOR,
    BEN,
    CAT,
    OTHER_AUTHOR,
    RIVAL,
    Spec,
    announce,
    ask,
    change,
    invite,
    pair,
    say,
)
from tests.unit.command_api.domain.spec import booking_id as id_of

MUTE = MuteAuthor(author_id=AUTHOR)
UNMUTE = UnmuteAuthor(author_id=AUTHOR)
OUT = SuspendPerson(person_id=ANN, reason="spam", by="Olga")
BACK = ReinstatePerson(person_id=ANN, by="Olga")


def test_muting_is_recorded_once_and_undone_once() -> None:
    spec = Spec()
    spec.when(ANN, MUTE).then((PersonMuted, {"person_id": ANN, "host_id": AUTHOR}))
    spec.when(ANN, MUTE).then_nothing()
    assert spec.layer.person(ANN).muted == (MutedAuthor(AUTHOR, 0),)
    spec.when(ANN, UNMUTE).then((PersonUnmuted, {"person_id": ANN, "host_id": AUTHOR}))
    spec.when(ANN, UNMUTE).then_nothing()
    assert spec.layer.person(ANN).muted == ()


def test_nobody_mutes_themselves_and_mutes_are_bounded() -> None:
    Spec().when(AUTHOR, MUTE).then_refused("mute_of_oneself")
    spec = Spec(Rules(mutes_max=1)).given(ANN, MUTE)
    spec.when(ANN, MuteAuthor(author_id=OTHER_AUTHOR)).then_refused("mutes_full", muted=1)
    spec.when(ANN, MUTE).then_nothing()


def test_a_muted_author_cannot_invite_and_cannot_tell_why() -> None:
    """Of the two, one has muted the author, the other is shut out: the results are alike."""
    spec = Spec().given(AUTHOR, announce()).given(ANN, MUTE)
    spec.given(OPERATOR, SuspendPerson(person_id=BEN, reason="spam"))
    spec.when(AUTHOR, invite(ANN, BEN, CAT)).then((BookingInvited, {"guest_id": CAT}))
    assert spec.results == {ANN: "not_invitable", BEN: "not_invitable", CAT: "invited"}
    spec.given(AUTHOR, announce(RIVAL, hours=48, visibility="invite"))
    spec.given(ANN, UNMUTE).given(OPERATOR, ReinstatePerson(person_id=BEN))
    spec.when(AUTHOR, invite(ANN, BEN))
    assert spec.results == {ANN: "invited", BEN: "invited"}


def test_an_invitation_with_the_announcement_is_refused_alike() -> None:
    spec = Spec().given(ANN, MUTE)
    guests = invite(ANN, CAT).guests
    spec.when(AUTHOR, msgspec.structs.replace(announce(), invite=guests))
    assert spec.results == {ANN: "not_invitable", CAT: "invited"}


def test_an_author_is_muted_by_whom_they_invited_and_what_stands_goes_on() -> None:
    spec = Spec().given(AUTHOR, announce(), invite(ANN)).given(BEN, ask(BEN))
    spec.given(ANN, MUTE).given(BEN, MUTE)
    spec.when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "already_invited"}
    spec.when(ANN, say(True, ANN)).then(pair(BookingAccepted, True, True))
    spec.given(AUTHOR, say(True, BEN))
    assert spec.booking(BEN).confirmed


def test_who_muted_an_author_may_still_ask_to_come() -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, MUTE)
    spec.when(ANN, ask(ANN)).then(pair(BookingRequested, None, True))


def test_a_declined_invitation_is_not_repeated_to_who_muted_the_author() -> None:
    spec = Spec().given(AUTHOR, announce(), invite(ANN)).given(ANN, say(False, ANN), MUTE)
    spec.when(AUTHOR, invite(ANN))
    assert spec.results == {ANN: "not_invitable"}
    assert spec.booking(ANN).id == id_of(ANN)


def test_a_suspension_is_recorded_once_and_its_reason_may_change() -> None:
    spec = Spec()
    spec.when(OPERATOR, OUT).then((PersonSuspended, {"person_id": ANN, "reason": "spam"}))
    spec.when(OPERATOR, OUT).then_nothing()
    worse = SuspendPerson(person_id=ANN, reason="threats", by="Olga")
    spec.when(OPERATOR, worse).then((PersonSuspended, {"reason": "threats", "by": "Olga"}))
    spec.when(OPERATOR, BACK).then((PersonReinstated, {"person_id": ANN}))
    spec.when(OPERATOR, BACK).then_nothing()


@pytest.mark.parametrize(
    "body", [announce(RIVAL, hours=48), ask(ANN), say(False, ANN), MUTE, change(title="Mine")]
)
def test_after_a_suspension_nothing_of_the_person_is_decided(body: AnyCommand) -> None:
    spec = Spec().given(AUTHOR, announce()).given(OPERATOR, OUT)
    spec.when(ANN, body).then_fails(Forbidden, "suspended")


def test_announcements_and_bookings_of_the_suspended_stay_as_they_are() -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    spec.given(ANN, announce(RIVAL, hours=48)).given(BEN, ask(BEN, RIVAL))
    before = (
        spec.announcement(),
        spec.announcement(RIVAL),
        spec.booking(ANN),
        spec.booking(BEN, RIVAL),
    )
    spec.given(OPERATOR, OUT)
    after = (
        spec.announcement(),
        spec.announcement(RIVAL),
        spec.booking(ANN),
        spec.booking(BEN, RIVAL),
    )
    assert after == before
    spec.given(BEN, say(False, BEN, RIVAL))
    spec.given(OPERATOR, BACK).given(ANN, say(False, ANN))
