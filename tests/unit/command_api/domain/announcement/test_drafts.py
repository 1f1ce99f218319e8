"""Drafts: the author's alone, with invitations that nobody sees yet."""

from contracts.errors import NotFound
from contracts.events.announcement import (
    AnnouncementCancelled,
    AnnouncementChanged,
    AnnouncementClosed,
    AnnouncementCreated,
    AnnouncementPublished,
)
from contracts.events.booking import (
    BookingHoldLapsed,
    BookingInvited,
    BookingRequested,
    BookingRevoked,
)
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    DUE,
    RIVAL,
    Spec,
    announce,
    ask,
    cancel,
    change,
    due,
    hold_due,
    invite,
    pair,
    say,
)


def draft(spec: Spec, seats: int = 2) -> Spec:
    return spec.given(AUTHOR, announce(seats=seats, publish=False))


def test_guests_may_be_named_for_a_draft(spec: Spec) -> None:
    spec.when(AUTHOR, announce(publish=False, invite=invite(ANN, BEN).guests)).then(
        (AnnouncementCreated, {}),
        pair(BookingInvited, True, None, guest_id=ANN),
        pair(BookingInvited, True, None, guest_id=BEN),
    )


def test_for_all_others_a_draft_does_not_exist(spec: Spec) -> None:
    draft(spec).given(AUTHOR, invite(ANN))
    for person in (ANN, BEN):
        spec.when(person, ask(person, follows_author=False)).then_fails(NotFound)
        spec.when(person, change(title="x")).then_fails(NotFound)
        spec.when(person, cancel()).then_fails(NotFound)
    for body in (say(True, ANN), say(False, ANN), say(False, ANN, only_as_guest=True)):
        spec.when(ANN, body).then_fails(NotFound)


def test_the_author_may_take_an_invitation_to_a_draft_back(spec: Spec) -> None:
    draft(spec).given(AUTHOR, invite(ANN))
    spec.when(AUTHOR, say(False, ANN)).then(pair(BookingRevoked, False, None))
    spec.when(AUTHOR, say(False, ANN)).then_nothing()
    spec.when(AUTHOR, invite(ANN)).then(pair(BookingInvited, True, None))


def test_who_was_invited_to_a_draft_only_is_a_stranger_to_the_announcement(spec: Spec) -> None:
    """An announcement by invitation does not exist for them; at a public one they may ask."""
    draft(spec).given(AUTHOR, announce(RIVAL, hours=48, publish=False, visibility="invite"))
    for announcement in (ANNOUNCEMENT, RIVAL):
        spec.given(AUTHOR, invite(ANN, announcement=announcement), say(False, ANN, announcement))
        spec.given(AUTHOR, change(announcement, status="Alive"))
    assert spec.booking(ANN).untold
    for body in (say(True, ANN), say(False, ANN), ask(ANN, RIVAL, follows_author=False)):
        spec.when(ANN, body).then_fails(NotFound)
    spec.when(ANN, ask(ANN)).then(pair(BookingRequested, None, True))
    assert not spec.booking(ANN).untold


def test_an_invitation_taken_back_once_it_was_told_stays_told(spec: Spec) -> None:
    draft(spec).given(AUTHOR, invite(ANN), change(status="Alive"))
    spec.when(AUTHOR, say(False, ANN)).then(pair(BookingRevoked, False, None, untold=False))
    spec.when(ANN, ask(ANN)).then_refused("invite_revoked")


def test_a_draft_that_is_cancelled_takes_its_invitations_back(spec: Spec) -> None:
    draft(spec).given(AUTHOR, invite(ANN))
    spec.when(AUTHOR, cancel()).then(
        pair(BookingRevoked, False, None, untold=True, guest_id=ANN), (AnnouncementCancelled, {})
    )
    spec.when(ANN, ask(ANN, follows_author=True)).then_fails(NotFound)
    spec = draft(Spec()).given(AUTHOR, invite(ANN))
    due(spec.at(24), DUE).then(
        pair(BookingRevoked, False, None, untold=True), (AnnouncementCancelled, {"by": "system"})
    )


def test_a_seat_held_in_a_draft_is_given_back_in_time(spec: Spec) -> None:
    draft(spec, seats=1).given(AUTHOR, invite(ANN, hold_hours=5))
    due(spec.at(5), hold_due(ANN)).then(pair(BookingHoldLapsed, True, None, taken=0))
    spec.when(AUTHOR, change(status="Alive")).then((AnnouncementPublished, {}))


def test_a_draft_whose_seats_are_all_held_is_full_when_it_is_published(spec: Spec) -> None:
    draft(spec, seats=1).given(AUTHOR, invite(ANN, hold_hours=5))
    spec.when(AUTHOR, change(status="Alive")).then(
        (AnnouncementPublished, {}), (AnnouncementClosed, {"reason": "full"})
    )


def test_a_draft_keeps_nobody_busy(spec: Spec) -> None:
    draft(spec).given(AUTHOR, announce(RIVAL, publish=False)).given(
        AUTHOR, change(RIVAL, title="x")
    )
    spec.given(AUTHOR, change(RIVAL, status="Alive"))
    spec.when(AUTHOR, change(status="Alive")).then_refused("overlap")
    assert spec.conflicts == [RIVAL]


def test_a_draft_is_not_closed(spec: Spec) -> None:
    draft(spec).when(AUTHOR, change(status="Closed")).then_refused(
        "cannot_close", announcement_status="Created"
    )


def test_a_draft_is_published_in_time_or_moved(spec: Spec) -> None:
    draft(spec).at(24.5).when(AUTHOR, change(status="Alive")).then_refused("cannot_publish")
    later = spec.announcement().event_time.replace(day=9)
    spec.when(AUTHOR, change(status="Alive", event_time=later)).then(
        (AnnouncementChanged, {"event_time": later, "version": 2}),
        (AnnouncementPublished, {"version": 3}),
    )


def test_a_draft_may_be_thrown_away(spec: Spec) -> None:
    draft(spec).when(AUTHOR, cancel()).then((AnnouncementCancelled, {"by": "author"}))
    due(spec.at(24), DUE).then_nothing()


def test_creating_twice_adds_nothing(spec: Spec) -> None:
    draft(spec).given(AUTHOR, invite(ANN)).when(AUTHOR, announce(publish=False)).then_nothing()
    assert spec.booking(ANN).state == "invited"
