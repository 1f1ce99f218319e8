"""Invite links: what making, revoking and opening one does, and what is refused."""

from datetime import timedelta
from typing import Any

from command_api.domain.invite_link.commands import (
    MakeInviteLink,
    OpenInviteLink,
    RevokeInviteLink,
)
from command_api.domain.person.commands import BlockPerson
from command_api.domain.rules import Rules
from contracts.errors import Forbidden, Malformed, NotFound
from contracts.events.announcement import AnnouncementClosed
from contracts.events.booking import BookingAccepted, BookingPreapproved, BookingRequested
from contracts.events.invite_link import InviteLinkMade, InviteLinkRevoked, InviteLinkUsed
from contracts.values.ids import InviteLinkId, PersonId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    NOON,
    RIVAL,
    Spec,
    announce,
    ask,
    booking_id,
    cancel,
    change,
    invite,
    say,
)

LINK = InviteLinkId("link")


def make(link: InviteLinkId = LINK, **limits: Any) -> MakeInviteLink:
    return MakeInviteLink(announcement_id=ANNOUNCEMENT, link_id=link, **limits)


def revoke(link: InviteLinkId = LINK) -> RevokeInviteLink:
    return RevokeInviteLink(announcement_id=ANNOUNCEMENT, link_id=link)


def use(guest: PersonId, link: InviteLinkId = LINK, message: str | None = None) -> OpenInviteLink:
    return OpenInviteLink(link_id=link, booking_id=booking_id(guest), message=message)


def evening(link: MakeInviteLink | None = None, **terms: Any) -> Spec:
    return Spec().given(AUTHOR, announce(**terms), link or make())


# Making and revoking


def test_making_a_link_records_its_limits() -> None:
    limits: dict[str, Any] = {
        "uses_max": 3,
        "expires_at": NOON + timedelta(hours=2),
        "waives_approval": True,
    }
    spec = Spec().given(AUTHOR, announce()).when(AUTHOR, make(**limits))
    spec.then((InviteLinkMade, {"link_id": LINK, **limits}))
    spec.when(AUTHOR, make(**limits)).then_nothing()


def test_a_draft_may_have_links_and_they_open_once_it_is_published() -> None:
    spec = evening(publish=False).when(ANN, use(ANN)).then_fails(NotFound)
    spec.given(AUTHOR, change(status="Alive"))
    spec.when(ANN, use(ANN)).then((BookingRequested, {}), (InviteLinkUsed, {"used": 1}))


def test_only_the_author_makes_and_revokes_links() -> None:
    spec = evening().when(ANN, make(InviteLinkId("hers"))).then_fails(Forbidden)
    spec.when(ANN, revoke()).then_fails(Forbidden)
    hidden = evening(visibility="invite")
    hidden.when(ANN, make(InviteLinkId("hers"))).then_fails(NotFound)
    hidden.when(ANN, revoke()).then_fails(NotFound)


def test_a_link_of_another_evening_is_not_revoked_here() -> None:
    spec = evening().given(AUTHOR, announce(RIVAL, hours=48))
    elsewhere = RevokeInviteLink(announcement_id=RIVAL, link_id=LINK)
    spec.when(AUTHOR, elsewhere).then_fails(NotFound)


def test_a_link_that_has_expired_is_not_made() -> None:
    spec = Spec().given(AUTHOR, announce())
    spec.when(AUTHOR, make(expires_at=NOON)).then_fails(Malformed, "time_in_past", "expires_at")


def test_an_evening_has_so_many_links_and_no_more() -> None:
    spec = Spec(Rules(invite_links_max=1)).given(AUTHOR, announce(), make(), revoke())
    another = make(InviteLinkId("another"))
    spec.when(AUTHOR, another).then_refused("too_many_invite_links", limit=1)


def test_no_link_is_made_to_an_evening_that_is_over() -> None:
    spec = Spec().given(AUTHOR, announce(), cancel())
    spec.when(AUTHOR, make()).then_refused("booking_frozen")


def test_a_revoked_link_is_revoked_once_and_opens_nothing() -> None:
    spec = evening().when(AUTHOR, revoke()).then((InviteLinkRevoked, {"link_id": LINK}))
    spec.when(AUTHOR, revoke()).then_nothing()
    spec.when(ANN, use(ANN)).then_refused("invite_link_revoked", announcement_id=ANNOUNCEMENT)


# Opening


def test_a_link_opens_an_evening_that_is_for_others() -> None:
    spec = evening(visibility="invite").when(ANN, ask(ANN, follows_author=False))
    spec.then_fails(NotFound)
    spec.when(ANN, use(ANN, message="Hello")).then(
        (BookingRequested, {"author_status": None, "message": "Hello"}),
        (InviteLinkUsed, {"guest_id": ANN, "booking_id": booking_id(ANN), "used": 1}),
    )


def test_a_link_that_waives_approval_confirms_at_once_and_keeps_the_message() -> None:
    spec = evening(make(waives_approval=True))
    spec.when(ANN, use(ANN, message="Hello")).then(
        (BookingRequested, {}),
        (InviteLinkUsed, {"used": 1}),
        (BookingAccepted, {"taken": 1, "message": "Hello"}),
    )


def test_such_a_link_confirms_whoever_has_asked_already() -> None:
    spec = evening(make(waives_approval=True)).given(ANN, ask(ANN))
    spec.when(ANN, use(ANN)).then((InviteLinkUsed, {"used": 1}), (BookingAccepted, {"taken": 1}))


def test_opening_it_again_changes_nothing_and_uses_nothing_up() -> None:
    for link in (make(uses_max=1), make(uses_max=1, waives_approval=True)):
        spec = evening(link).given(ANN, use(ANN)).when(ANN, use(ANN)).then_nothing()
        assert spec.decision.outcome.booking_id == booking_id(ANN)
        spec.given(AUTHOR, revoke()).when(ANN, use(ANN)).then_nothing()


def test_an_invited_guest_accepts_by_a_link() -> None:
    spec = evening().given(AUTHOR, invite(ANN))
    spec.when(ANN, use(ANN)).then((BookingAccepted, {}), (InviteLinkUsed, {"used": 1}))


def test_a_link_is_used_so_often_and_no_more() -> None:
    spec = evening(make(uses_max=2)).given(ANN, use(ANN)).given(BEN, use(BEN))
    spec.when(CAT, use(CAT)).then_refused("invite_link_used_up", uses_max=2)


def test_an_expired_link_opens_nothing() -> None:
    spec = evening(make(expires_at=NOON + timedelta(hours=1))).at(hours=1)
    spec.when(ANN, use(ANN)).then_refused("invite_link_expired")


def test_a_link_over_books_nobody_but_puts_on_the_waitlist_approved_in_advance() -> None:
    spec = evening(make(waives_approval=True), seats=1)
    spec.when(ANN, use(ANN)).then(
        (BookingRequested, {}),
        (InviteLinkUsed, {}),
        (BookingAccepted, {"taken": 1}),
        (AnnouncementClosed, {"reason": "full"}),
    )
    spec.when(BEN, use(BEN)).then(
        (BookingRequested, {"waiting": True, "preapproved": True}), (InviteLinkUsed, {"used": 2})
    )
    spec.given(CAT, ask(CAT)).when(CAT, use(CAT)).then(
        (InviteLinkUsed, {"used": 3}), (BookingPreapproved, {"taken": 1})
    )
    spec.when(CAT, use(CAT)).then_nothing()


def test_a_no_of_the_author_stands_above_the_link() -> None:
    spec = evening(make(waives_approval=True)).given(ANN, ask(ANN)).given(AUTHOR, say(False, ANN))
    spec.when(ANN, use(ANN)).then_refused("author_said_no")
    revoked = evening(make(waives_approval=True)).given(AUTHOR, invite(BEN), say(False, BEN))
    revoked.when(BEN, use(BEN)).then_refused("invite_revoked")


def test_a_guest_who_left_comes_back_by_the_link_as_by_asking() -> None:
    spec = evening(make(waives_approval=True)).given(ANN, use(ANN), say(False, ANN))
    spec.when(ANN, use(ANN)).then((BookingAccepted, {}), (InviteLinkUsed, {"used": 2}))


def test_nobody_is_let_in_by_a_link_where_nobody_may_ask() -> None:
    for given, code in (
        (change(status="Closed"), "announcement_closed"),
        (cancel(), "booking_frozen"),
    ):
        evening().given(AUTHOR, given).when(ANN, use(ANN)).then_refused(code)
    evening().at(hours=24).when(ANN, use(ANN)).then_refused("announcement_closed")


def test_an_author_does_not_use_their_own_link() -> None:
    evening().when(AUTHOR, use(AUTHOR)).then_refused("own_announcement")


def test_a_guest_who_is_busy_is_not_confirmed_by_a_link() -> None:
    spec = evening(make(waives_approval=True)).given(ANN, announce(RIVAL, hours=25))
    spec.when(ANN, use(ANN)).then_refused("overlap", announcement_id=ANNOUNCEMENT)


def test_what_was_never_made_is_absent() -> None:
    evening().when(ANN, use(ANN, InviteLinkId("none"))).then_fails(NotFound)


def test_a_link_opens_nothing_across_a_block() -> None:
    spec = evening(make(waives_approval=True)).given(ANN, BlockPerson(person_id=AUTHOR))
    spec.when(ANN, use(ANN)).then_fails(NotFound)
