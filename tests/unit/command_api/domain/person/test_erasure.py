"""An erasure: who asks for it, what the system gives up for the person, and what is left."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from command_api.domain.layer import COLLECTIONS
from command_api.domain.person.commands import (
    ConfirmErasure,
    ErasureDue,
    MuteAuthor,
    OrderErasure,
    PersonFacts,
    RequestErasure,
    SuspendPerson,
    UnmuteAuthor,
    WithdrawErasure,
)
from command_api.domain.person.erasure import EVENTS_A_STEP
from command_api.domain.rating.commands import ChangeRating, GiveRating
from command_api.domain.rules import Rules
from command_api.domain.submission import AnyCommand
from contracts.errors import Forbidden, NotFound
from contracts.events.announcement import AnnouncementCancelled, AnnouncementDone
from contracts.events.booking import (
    BookingDeclined,
    BookingLeft,
    BookingOffered,
    BookingRequested,
    BookingRevoked,
    BookingWithdrawn,
)
from contracts.events.person import (
    PersonErased,
    PersonErasureConfirmed,
    PersonErasureRequested,
    PersonErasureWithdrawn,
    PersonMuted,
    PersonSeen,
)
from contracts.values.ids import OPERATOR, SYSTEM, AnnouncementId, PersonId, ReviewId
from contracts.values.personal import ERASED_NAME, ERASED_TEXT
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
    hours,
    invite,
    pair,
    say,
)

THIRD = AnnouncementId("third")
THEIRS = AnnouncementId("theirs")
OTHER = AnnouncementId("other")
NEW = AnnouncementId("new")
CATS = AnnouncementId("cats")
MORE = AnnouncementId("more")

WEEK = 7 * 24.0
CANARY = "canary"
CONFIRM = ConfirmErasure(erase_at=NOON + hours(WEEK))
WITHDRAW = WithdrawErasure(person_id=ANN)
ERASE = OrderErasure(person_id=ANN, by="Olga", at_once=True)
STEP = ErasureDue(person_id=ANN)


def erase(spec: Spec, person_id: PersonId = ANN) -> Spec:
    """Erase a person at once, in as many steps as it takes."""
    spec.given(OPERATOR, OrderErasure(person_id=person_id, at_once=True))
    while spec.layer.person(person_id).erasure is not None:
        spec.given(SYSTEM, ErasureDue(person_id=person_id))
    return spec


def meet(spec: Spec, person_id: PersonId = ANN) -> Spec:
    """Make a person known by a wish of theirs."""
    return spec.given(person_id, MuteAuthor(author_id=OTHER_AUTHOR))


# Requested, confirmed, withdrawn


def test_a_request_stands_for_a_week_and_another_one_adds_nothing() -> None:
    spec = Spec()
    spec.when(ANN, RequestErasure()).then((PersonErasureRequested, {"erase_at": CONFIRM.erase_at}))
    spec.at(1).when(ANN, RequestErasure()).then_nothing()
    spec.when(ANN, CONFIRM).then((PersonErasureConfirmed, {"person_id": ANN, "by": None}))
    spec.when(ANN, CONFIRM).then_nothing()
    spec.when(ANN, RequestErasure()).then_nothing()


def test_the_delay_is_a_rule() -> None:
    spec = Spec(Rules(erasure_delay=timedelta(hours=1)))
    spec.when(ANN, RequestErasure()).then((PersonErasureRequested, {"erase_at": NOON + hours(1)}))


def test_a_request_that_nobody_confirmed_in_time_counts_no_more() -> None:
    spec = Spec().given(ANN, RequestErasure()).at(WEEK)
    spec.when(ANN, CONFIRM).then_refused("erasure_not_requested")
    due(spec, STEP).then_nothing()
    spec.when(ANN, RequestErasure()).then(
        (PersonErasureRequested, {"erase_at": NOON + hours(2 * WEEK)})
    )


def test_a_request_can_be_taken_back_until_it_begins() -> None:
    spec = Spec().given(ANN, RequestErasure(), CONFIRM)
    spec.when(ANN, WITHDRAW).then((PersonErasureWithdrawn, {"person_id": ANN}))
    spec.when(ANN, WITHDRAW).then_nothing()
    spec.when(ANN, CONFIRM).then_refused("erasure_not_requested")
    due(spec.at(WEEK), STEP).then_nothing()
    spec = Spec().given(ANN, RequestErasure(), CONFIRM).at(WEEK)
    spec.when(ANN, WITHDRAW).then_fails(Forbidden, "erasing")
    spec.when(OPERATOR, WITHDRAW).then_fails(Forbidden, "erasing")


def test_the_token_of_an_earlier_request_confirms_nothing() -> None:
    spec = Spec().given(ANN, RequestErasure(), WITHDRAW).at(1).given(ANN, RequestErasure())
    spec.when(ANN, CONFIRM).then_refused("erasure_not_requested")


def test_an_operator_orders_an_erasure_for_somebody_who_is_known() -> None:
    Spec().when(OPERATOR, ERASE).then_fails(NotFound)
    spec = meet(Spec())
    later = OrderErasure(person_id=ANN, by="Olga")
    spec.when(OPERATOR, later).then(
        (PersonErasureRequested, {"erase_at": CONFIRM.erase_at, "by": "Olga"}),
        (PersonErasureConfirmed, {"by": "Olga"}),
    )
    spec.when(OPERATOR, later).then_nothing()
    spec.when(OPERATOR, ERASE).then(
        (PersonErasureRequested, {"erase_at": NOON}), (PersonErasureConfirmed, {})
    )
    spec.when(OPERATOR, ERASE).then_nothing()
    due(spec, STEP).then((PersonErased, {"person_id": ANN}))
    spec.when(OPERATOR, ERASE).then_nothing()
    due(spec, STEP).then_nothing()


def test_an_operator_confirms_what_the_person_asked_for() -> None:
    spec = Spec().given(ANN, RequestErasure()).at(1)
    spec.when(OPERATOR, OrderErasure(person_id=ANN)).then((PersonErasureConfirmed, {}))
    assert spec.layer.person(ANN).erasure.erase_at == CONFIRM.erase_at  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    [announce(RIVAL, hours=400), ask(ANN), say(False, ANN), change(title="Mine"), RequestErasure()],
)
def test_from_its_beginning_nothing_of_the_person_is_decided(body: AnyCommand) -> None:
    spec = Spec().given(AUTHOR, announce(hours=300)).given(ANN, RequestErasure(), CONFIRM)
    spec.at(WEEK - 0.1).given(ANN, MuteAuthor(author_id=AUTHOR))
    spec.at(WEEK).when(ANN, body).then_fails(Forbidden, "erasing")


# What depends on the person


def test_their_announcements_are_called_off_by_the_ordinary_rule() -> None:
    spec = Spec().given(ANN, announce(), announce(RIVAL, hours=48, publish=False))
    spec.given(BEN, ask(BEN)).given(ANN, invite(CAT, announcement=RIVAL)).given(OPERATOR, ERASE)
    due(spec, STEP).then(
        (AnnouncementCancelled, {"announcement_id": ANNOUNCEMENT, "by": "system", "reason": None}),
        pair(BookingRevoked, False, None, guest_id=CAT, untold=True),
        (AnnouncementCancelled, {"announcement_id": RIVAL}),
    )
    due(spec, STEP).then((PersonErased, {}))


def test_their_seat_is_offered_to_the_first_who_waits() -> None:
    spec = (
        Spec().given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    )
    spec.given(BEN, ask(BEN)).given(AUTHOR, say(True, BEN)).given(OPERATOR, ERASE)
    due(spec, STEP).then(
        pair(BookingLeft, True, False, guest_id=ANN, reason=None, message=None),
        pair(BookingOffered, True, None, guest_id=BEN),
    )
    due(spec, STEP).then((PersonErased, {}))


def test_all_that_could_still_give_them_a_seat_is_given_back() -> None:
    """Also a request that was turned down: the author alone could confirm it."""
    asked, invited, refused = announce(), announce(RIVAL, hours=48), announce(THIRD, hours=72)
    spec = Spec().given(AUTHOR, asked, invited, refused)
    spec.given(ANN, ask(ANN)).given(AUTHOR, invite(ANN, announcement=RIVAL))
    spec.given(ANN, ask(ANN, refused.announcement_id))
    spec.given(AUTHOR, say(False, ANN, refused.announcement_id)).given(OPERATOR, ERASE)
    due(spec, STEP).then(
        pair(BookingWithdrawn, None, False, announcement_id=ANNOUNCEMENT),
        pair(BookingDeclined, True, False, announcement_id=RIVAL),
        pair(BookingWithdrawn, False, False, announcement_id=THIRD),
    )
    due(spec, STEP).then((PersonErased, {}))
    for announcement in (ANNOUNCEMENT, RIVAL, refused.announcement_id):
        spec.when(AUTHOR, say(True, ANN, announcement))
        spec.when(AUTHOR, invite(ANN, announcement=announcement))
        assert spec.results == {ANN: "not_invitable"}


def test_an_invitation_in_a_draft_is_revoked_untold() -> None:
    spec = Spec().given(AUTHOR, announce(publish=False), invite(ANN)).given(OPERATOR, ERASE)
    due(spec, STEP).then(pair(BookingRevoked, False, None, untold=True))
    due(spec, STEP).then((PersonErased, {}))


def test_what_has_passed_is_recorded_as_over_before() -> None:
    spec = Spec().given(AUTHOR, announce(minutes=60)).given(ANN, ask(ANN))
    spec.given(AUTHOR, say(True, ANN)).at(26).given(OPERATOR, ERASE)
    due(spec, STEP).then((AnnouncementDone, {}))
    due(spec, STEP).then((PersonErased, {}))
    assert spec.booking(ANN).confirmed, "they were there"


def test_a_step_is_small_and_the_next_one_goes_on() -> None:
    spec = Spec()
    for number in range(2 * EVENTS_A_STEP):
        spec.given(ANN, announce(AnnouncementId(f"evening-{number}"), hours=24 + 3 * number))
    spec.given(OPERATOR, ERASE)
    for _ in range(2):
        due(spec, STEP).then(*[(AnnouncementCancelled, {})] * EVENTS_A_STEP)
    due(spec, STEP).then((PersonErased, {}))


def test_whoever_is_being_erased_is_invited_no_more() -> None:
    spec = meet(Spec().given(AUTHOR, announce(hours=48))).given(OPERATOR, ERASE)
    spec.when(AUTHOR, invite(ANN)).then_nothing()
    assert spec.results == {ANN: "not_invitable"}


# What is left


def fill(spec: Spec) -> Spec:
    """Let Ann type a canary wherever she can, and others answer."""
    words: dict[str, Any] = {"title": CANARY, "description": CANARY, "event_location": CANARY}
    spec.given(ANN, announce(**words, location_hint=CANARY), announce(RIVAL, hours=48, **words))
    spec.given(BEN, ask(BEN, message="may I?")).given(ANN, say(True, BEN, message=CANARY))
    spec.given(CAT, ask(CAT)).given(ANN, say(False, CAT, reason=CANARY, message=CANARY))
    spec.given(BEN, ask(BEN, RIVAL, message="again?"))
    spec.given(ANN, cancel(RIVAL, CANARY))
    spec.given(AUTHOR, announce(THEIRS, hours=72))
    spec.given(ANN, ask(ANN, THEIRS, message=CANARY))
    spec.given(AUTHOR, say(False, ANN, THEIRS, reason="full of you"))
    spec.given(AUTHOR, announce(OTHER, hours=96))
    spec.given(ANN, ask(ANN, OTHER), say(False, ANN, OTHER, reason=CANARY, message=CANARY))
    spec.at(24).given(SYSTEM, DUE).at(26).given(SYSTEM, DUE)
    give = GiveRating(
        announcement_id=ANNOUNCEMENT,
        ratee_id=BEN,
        review_id=ReviewId("r"),
        score=3,
        text=CANARY,
        tags=(CANARY,),
    )
    back = GiveRating(
        announcement_id=ANNOUNCEMENT, ratee_id=ANN, review_id=ReviewId("s"), score=9, text="fine"
    )
    return spec.given(ANN, give).given(BEN, back)


def show(spec: Spec) -> str:
    """Return everything that the layer holds, as it would be written to a disk."""
    shelves = [getattr(spec.layer, name).own for name in COLLECTIONS]
    return str(msgspec.json.encode([list(own.values()) for own in shelves]))


def test_no_word_and_no_name_of_an_erased_person_is_left() -> None:
    spec = fill(Spec())
    spec.given(OPERATOR, SuspendPerson(person_id=ANN, reason=CANARY))
    assert show(spec).count(CANARY) > 15
    erase(spec)
    assert CANARY not in show(spec)
    assert spec.announcement().title == spec.announcement().event_location == ERASED_TEXT
    assert spec.announcement().location_hint is None
    assert spec.layer.person(ANN).name == ERASED_NAME


def test_what_others_wrote_stays_and_the_score_counts_on() -> None:
    spec = erase(fill(Spec()))
    assert spec.booking(BEN, RIVAL).message == "again?"
    other = spec.layer.ratings.get(ReviewId("s"))
    assert other is not None
    assert other.text == "fine"
    assert spec.layer.standing(BEN, "guest").score.count == 1
    rating = spec.layer.ratings.get(ReviewId("r"))
    assert rating is not None
    assert (rating.score, rating.text, rating.tags) == (3, None, ())


def test_a_suspension_stays_without_its_reason() -> None:
    spec = meet(Spec()).given(OPERATOR, SuspendPerson(person_id=ANN, reason=CANARY, by="Olga"))
    suspension = erase(spec).layer.person(ANN).suspension
    assert suspension is not None
    assert (suspension.reason, suspension.by) == (ERASED_TEXT, "Olga")
    spec.when(ANN, ask(ANN)).then_fails(Forbidden, "suspended")


def test_whoever_comes_back_has_a_name_again_and_an_empty_past() -> None:
    spec = erase(fill(Spec()).given(ANN, MuteAuthor(author_id=AUTHOR)))
    person = spec.layer.person(ANN)
    assert (person.muted, person.erasure, person.invitations.sent) == ((), None, 0)
    spec.given(AUTHOR, announce(NEW, hours=400))
    new = ask(ANN, NEW, message="me again")
    spec.when(ANN, new, facts=PersonFacts(ANN, ERASED_NAME))
    assert type(spec.decision.events[-1]) is PersonSeen, "whatever the name is"
    spec.then(pair(BookingRequested, None, True))
    assert spec.booking(ANN, NEW).message == "me again"
    assert CANARY not in show(spec)
    spec.when(OTHER_AUTHOR, announce(MORE, hours=500, invite=invite(ANN).guests))
    assert spec.results == {ANN: "invited"}


def test_a_sealed_rating_is_changed_without_the_text_of_before() -> None:
    spec = fill(Spec())
    spec.given(CAT, announce(CATS, hours=30, minutes=1), invite(ANN, announcement=CATS))
    spec.given(ANN, say(True, ANN, CATS)).at(40)
    spec.given(SYSTEM, msgspec.structs.replace(DUE, announcement_id=CATS))
    sealed = GiveRating(
        announcement_id=CATS,
        ratee_id=CAT,
        review_id=ReviewId("t"),
        score=2,
        text=CANARY,
    )
    erase(spec.given(ANN, sealed))
    spec.when(ANN, ChangeRating(review_id=ReviewId("t"), score=5))
    assert CANARY not in str(spec.decision.events)


def test_a_second_erasure_takes_what_came_after_the_first() -> None:
    spec = erase(fill(Spec())).given(ANN, announce(NEW, hours=400, title=CANARY))
    assert CANARY in show(spec)
    assert CANARY not in show(erase(spec.at(41)))


def test_only_their_own_acting_brings_them_back() -> None:
    spec = erase(meet(Spec()))
    spec.when(AUTHOR, announce(invite=invite(ANN).guests))
    assert spec.results == {ANN: "not_invitable"}
    spec.given(AUTHOR, announce()).when(ANN, ask(ANN), facts=PersonFacts(ANN, "Anna"))
    assert type(spec.decision.events[-1]) is PersonSeen


def test_a_command_that_changes_nothing_does_not_bring_them_back() -> None:
    """A client that takes an erasure back too late, or sends a request again."""
    spec = erase(meet(Spec()))
    for command in (WITHDRAW, UnmuteAuthor(author_id=OTHER_AUTHOR)):
        spec.when(ANN, command, facts=PersonFacts(ANN, "Anna"))
        assert spec.decision.events == []
    assert spec.layer.person(ANN).erased


def test_what_an_operator_writes_of_an_erased_person_is_erased_if_ordered_again() -> None:
    spec = erase(meet(Spec()))
    spec.when(OPERATOR, ERASE).then_nothing()
    spec.given(OPERATOR, SuspendPerson(person_id=ANN, reason=CANARY))
    assert CANARY not in show(erase(spec))
    assert spec.layer.person(ANN).suspension is not None
    spec.when(OPERATOR, ERASE).then_nothing()


def test_a_mute_of_an_erased_author_counts_no_more() -> None:
    spec = erase(meet(Spec()).given(BEN, MuteAuthor(author_id=ANN)))
    spec.given(ANN, announce(NEW)).when(ANN, invite(BEN, announcement=NEW))
    assert spec.results == {BEN: "invited"}
    spec.when(BEN, UnmuteAuthor(author_id=ANN)).then_nothing()
    spec.when(BEN, MuteAuthor(author_id=ANN)).then((PersonMuted, {"host_id": ANN}))
    spec.when(BEN, MuteAuthor(author_id=ANN)).then_nothing()


def test_whoever_comes_back_while_auth_is_away_has_no_name_yet() -> None:
    spec = erase(meet(Spec()))
    spec.when(ANN, MuteAuthor(author_id=AUTHOR))
    assert type(spec.decision.events[-1]) is PersonSeen
    spec.given(ANN, MuteAuthor(author_id=AUTHOR))
    person = spec.layer.person(ANN)
    assert (person.name, person.erased) == (ERASED_NAME, False)
    assert erase(spec).layer.person(ANN).muted == ()


def test_new_words_in_a_booking_of_before_are_erased_as_well() -> None:
    spec = Spec().given(AUTHOR, announce()).given(ANN, ask(ANN, message=CANARY))
    erase(spec).given(ANN, ask(ANN, message=CANARY))
    assert spec.booking(ANN).message == CANARY
    assert CANARY not in show(erase(spec.at(1)))


def test_why_a_super_user_called_off_an_evening_is_erased_with_the_super_user() -> None:
    root = PersonId("root")
    spec = Spec().given(AUTHOR, announce(), announce(RIVAL, hours=48))
    for announcement in (ANNOUNCEMENT, RIVAL):
        spec.when(root, cancel(announcement, CANARY), is_super=True)
        spec.then((AnnouncementCancelled, {"by": "operator", "reason": CANARY}))
    assert spec.announcement(RIVAL).cancel_reason == CANARY
    erase(erase(spec, AUTHOR), root)
    assert CANARY not in show(spec)


def test_a_draft_with_very_many_invitations_takes_several_steps() -> None:
    guests = [PersonId(f"guest-{number}") for number in range(EVENTS_A_STEP + 5)]
    spec = Spec().given(ANN, announce(publish=False), invite(*guests)).given(OPERATOR, ERASE)
    due(spec, STEP).then(*[(BookingRevoked, {"untold": True})] * EVENTS_A_STEP)
    due(spec, STEP).then(*[(BookingRevoked, {"untold": True})] * 5, (AnnouncementCancelled, {}))
    due(spec, STEP).then((PersonErased, {}))
