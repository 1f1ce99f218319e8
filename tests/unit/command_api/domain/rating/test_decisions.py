"""Ratings: who may rate whom, once, sealed until both have or the window is over."""

from typing import Any, Final

import pytest

from command_api.domain.rating.commands import (
    ChangeRating,
    GiveRating,
    RatingDue,
    ReplyToRating,
    RetractRating,
)
from command_api.image.agenda import Agenda
from contracts.errors import Forbidden, NotFound
from contracts.events.rating import (
    RatingChanged,
    RatingGiven,
    RatingReplied,
    RatingRetracted,
    RatingRevealed,
    RatingRole,
    RatingSigned,
)
from contracts.events.stored.domain_event import DomainEvent
from contracts.scoring import UNRATED, Vote, score_of
from contracts.values.ids import SYSTEM, PersonId, ReviewId
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    DUE,
    OVER,
    STRANGER,
    Spec,
    announce,
    ask,
    cancel,
    due,
    say,
)

WINDOW_OVER: Final = OVER + 14 * 24


def review_id(rater: PersonId, ratee: PersonId) -> ReviewId:
    return ReviewId(f"{rater} of {ratee}")


def rate(rater: PersonId, ratee: PersonId, score: int = 8, **fields: Any) -> GiveRating:
    return GiveRating(
        announcement_id=ANNOUNCEMENT,
        ratee_id=ratee,
        review_id=review_id(rater, ratee),
        score=score,
        **fields,
    )


def change(rater: PersonId, ratee: PersonId, **fields: Any) -> ChangeRating:
    return ChangeRating(review_id=review_id(rater, ratee), **fields)


def retract(rater: PersonId, ratee: PersonId) -> RetractRating:
    return RetractRating(review_id=review_id(rater, ratee))


def rating_due(rater: PersonId, ratee: PersonId) -> RatingDue:
    return RatingDue(review_id=review_id(rater, ratee))


def given(rater: PersonId, ratee: PersonId, **fields: Any) -> tuple[type[DomainEvent], Any]:
    return RatingGiven, {"rater_id": rater, "ratee_id": ratee, **fields}


def revealed(
    rater: PersonId, ratee: PersonId, reason: str = "both_rated"
) -> tuple[type[DomainEvent], Any]:
    return RatingRevealed, {"review_id": review_id(rater, ratee), "reason": reason}


def coming() -> Spec:
    """Ann and Ben will come; Cat has asked, and got no answer."""
    spec = Spec().given(AUTHOR, announce(seats=3))
    for guest in (ANN, BEN, CAT):
        spec.given(guest, ask(guest))
    return spec.given(AUTHOR, say(True, ANN), say(True, BEN))


@pytest.fixture
def over() -> Spec:
    """As `coming`, and the announcement is over."""
    return coming().at(24).given(SYSTEM, DUE).at(OVER).given(SYSTEM, DUE)


def score(spec: Spec, person: PersonId, role: RatingRole) -> float:
    return spec.layer.standing(person, role).score.rating


# Who, and when


def test_guests_rate_the_author_and_the_author_rates_each_guest(over: Spec) -> None:
    over.when(ANN, rate(ANN, AUTHOR, 9, text="Warm", tags=("kind",))).then(
        given(ANN, AUTHOR, role="host", score=9, text="Warm", tags=("kind",))
    )
    over.when(AUTHOR, rate(AUTHOR, BEN, 7)).then(given(AUTHOR, BEN, role="guest", score=7))


@pytest.mark.parametrize(
    ("rater", "ratee"),
    [
        (STRANGER, AUTHOR),
        (AUTHOR, STRANGER),
        (CAT, AUTHOR),
        (AUTHOR, CAT),
        (ANN, BEN),
        (AUTHOR, AUTHOR),
        (ANN, ANN),
    ],
)
def test_d13_nobody_else_rates_anybody(over: Spec, rater: PersonId, ratee: PersonId) -> None:
    over.when(rater, rate(rater, ratee)).then_fails(NotFound)
    over.when(rater, rate(rater, ratee), is_super=True).then_fails(NotFound)


def test_d13_nobody_rates_an_announcement_that_is_not_over() -> None:
    spec = coming()
    spec.when(ANN, rate(ANN, AUTHOR)).then_refused("evening_not_done", announcement_status="Alive")
    spec.at(25).given(SYSTEM, DUE)
    spec.when(AUTHOR, rate(AUTHOR, ANN)).then_refused(
        "evening_not_done", announcement_status="Closed"
    )


def test_d13_nobody_rates_an_announcement_that_was_cancelled() -> None:
    spec = coming().given(AUTHOR, cancel())
    spec.when(ANN, rate(ANN, AUTHOR)).then_refused(
        "evening_not_done", announcement_status="Cancelled"
    )


def test_d13_nobody_rates_twice(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR))
    over.when(ANN, rate(ANN, AUTHOR)).then_refused(
        "already_rated", review_id=review_id(ANN, AUTHOR)
    )
    over.at(WINDOW_OVER + 1)
    over.when(ANN, rate(ANN, AUTHOR)).then_refused("already_rated")


def test_a_retracted_rating_is_not_given_anew(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR), retract(ANN, AUTHOR))
    over.when(ANN, rate(ANN, AUTHOR)).then_refused(
        "already_rated", review_id=review_id(ANN, AUTHOR)
    )


def test_the_first_rating_comes_within_fourteen_days(over: Spec) -> None:
    over.at(WINDOW_OVER - 0.01).when(ANN, rate(ANN, AUTHOR)).then(given(ANN, AUTHOR))
    over.at(WINDOW_OVER).when(AUTHOR, rate(AUTHOR, ANN)).then_refused("rating_window_closed")


# Sealed, revealed


def test_a_rating_is_sealed_until_the_other_side_has_rated(over: Spec) -> None:
    over.when(ANN, rate(ANN, AUTHOR, 3)).then(given(ANN, AUTHOR))
    assert over.layer.standing(AUTHOR, "host").score == UNRATED
    over.when(AUTHOR, rate(AUTHOR, ANN, 10)).then(
        given(AUTHOR, ANN), revealed(ANN, AUTHOR), revealed(AUTHOR, ANN)
    )
    assert score(over, AUTHOR, "host") == score_of(over.layer.standing(AUTHOR, "host").votes).rating
    assert [one.score for one in over.layer.standing(AUTHOR, "host").votes] == [3]
    assert [one.score for one in over.layer.standing(ANN, "guest").votes] == [10]


def test_the_author_rating_one_guest_reveals_nothing_of_another(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).when(AUTHOR, rate(AUTHOR, BEN)).then(given(AUTHOR, BEN))


def test_what_stays_sealed_is_revealed_when_the_window_is_over(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).at(WINDOW_OVER)
    due(over, rating_due(ANN, AUTHOR)).then(revealed(ANN, AUTHOR, "window_over"))
    due(over, rating_due(ANN, AUTHOR)).then_nothing()
    assert over.layer.standing(AUTHOR, "host").score.count == 1


def test_a_deadline_that_came_too_early_or_is_moot_reveals_nothing(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).given(BEN, rate(BEN, AUTHOR), retract(BEN, AUTHOR))
    due(over.at(WINDOW_OVER - 0.01), rating_due(ANN, AUTHOR)).then_nothing()
    due(over.at(WINDOW_OVER), rating_due(BEN, AUTHOR)).then_nothing()
    due(over, rating_due(CAT, AUTHOR)).then_nothing()


def test_the_agenda_holds_sealed_ratings_until_their_window_is_over(over: Spec) -> None:
    agenda = Agenda()
    agenda.update(over.given(ANN, rate(ANN, AUTHOR)).given(BEN, rate(BEN, AUTHOR)).layer)
    ends_at = over.layer.ratings.own[review_id(ANN, AUTHOR)].sealed_until
    assert [one.command for one in agenda.list_due(ends_at)] == [
        rating_due(ANN, AUTHOR),
        rating_due(BEN, AUTHOR),
    ]
    agenda.update(over.given(AUTHOR, rate(AUTHOR, ANN)).given(BEN, retract(BEN, AUTHOR)).layer)
    assert list(agenda.list_due(ends_at)) == []


# Changed, retracted


def test_d11_any_field_of_a_sealed_rating_changes_by_itself(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR, 5, text="So so", tags=("late",)))
    over.when(ANN, change(ANN, AUTHOR, score=6)).then(
        (RatingChanged, {"rater_id": ANN, "score": 6, "text": "So so", "tags": ("late",)})
    )
    over.when(ANN, change(ANN, AUTHOR, text=None, tags=())).then(
        (RatingChanged, {"score": 6, "text": None, "tags": ()})
    )
    over.when(ANN, change(ANN, AUTHOR, score=6)).then_nothing()


def test_what_was_changed_is_what_counts_in_the_end(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR, 1), change(ANN, AUTHOR, score=9)).given(
        AUTHOR, rate(AUTHOR, ANN)
    )
    votes = over.layer.standing(AUTHOR, "host").votes
    assert [one.score for one in votes] == [9]
    given_at = over.layer.ratings.own[review_id(ANN, AUTHOR)].created_at
    assert over.layer.standing(AUTHOR, "host").score == score_of([Vote(9, given_at)])


def test_a_revealed_rating_no_longer_changes(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).given(AUTHOR, rate(AUTHOR, ANN))
    over.when(ANN, change(ANN, AUTHOR, score=1)).then_refused("rating_revealed")


def test_a_rating_no_longer_changes_once_its_window_is_over(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).at(WINDOW_OVER)
    over.when(ANN, change(ANN, AUTHOR, score=1)).then_refused("rating_revealed")


def test_a_rating_retracted_while_sealed_is_never_revealed(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR))
    over.when(ANN, retract(ANN, AUTHOR)).then((RatingRetracted, {"rater_id": ANN}))
    over.when(ANN, retract(ANN, AUTHOR)).then_nothing()
    over.when(ANN, change(ANN, AUTHOR, score=1)).then_refused("rating_retracted")
    over.when(AUTHOR, rate(AUTHOR, ANN)).then(given(AUTHOR, ANN))
    assert over.layer.standing(AUTHOR, "host").score == UNRATED


def test_a_rating_retracted_after_it_was_revealed_no_longer_counts(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR, 2)).given(AUTHOR, rate(AUTHOR, ANN))
    over.given(BEN, rate(BEN, AUTHOR, 2)).given(AUTHOR, rate(AUTHOR, BEN))
    over.when(ANN, retract(ANN, AUTHOR)).then((RatingRetracted, {}))
    assert len(over.layer.standing(AUTHOR, "host").votes) == 1
    over.when(BEN, retract(BEN, AUTHOR)).then((RatingRetracted, {}))
    assert over.layer.standing(AUTHOR, "host").score == UNRATED


def test_only_the_rater_changes_or_retracts_and_nobody_learns_of_a_sealed_one(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR))
    for other in (AUTHOR, BEN, STRANGER):
        over.when(other, change(ANN, AUTHOR, score=1)).then_fails(NotFound)
        over.when(other, retract(ANN, AUTHOR), is_super=True).then_fails(NotFound)
    over.given(AUTHOR, rate(AUTHOR, ANN))
    over.when(AUTHOR, retract(ANN, AUTHOR)).then_fails(Forbidden)
    over.when(BEN, retract(ANN, AUTHOR)).then_fails(NotFound)


# The writer's name


def test_a_rating_is_signed_only_if_its_writer_says_so(over: Spec) -> None:
    over.when(ANN, rate(ANN, AUTHOR)).then(given(ANN, AUTHOR))
    over.when(BEN, rate(BEN, AUTHOR, signed=True)).then(
        given(BEN, AUTHOR), (RatingSigned, {"rater_id": BEN, "signed": True})
    )
    over.when(BEN, change(BEN, AUTHOR, signed=True)).then_nothing()
    over.when(BEN, change(BEN, AUTHOR, signed=False)).then((RatingSigned, {"signed": False}))


def test_a_name_is_given_and_taken_back_at_any_time(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).given(AUTHOR, rate(AUTHOR, ANN))
    over.when(ANN, change(ANN, AUTHOR, score=1, signed=True)).then_refused("rating_revealed")
    over.when(ANN, change(ANN, AUTHOR, signed=True)).then((RatingSigned, {"signed": True}))
    over.when(AUTHOR, change(ANN, AUTHOR, signed=False)).then_fails(Forbidden)
    over.given(ANN, retract(ANN, AUTHOR))
    over.when(ANN, change(ANN, AUTHOR, signed=False)).then_refused("rating_retracted")


# Replies


def reply(rater: PersonId, ratee: PersonId, text: str = "Thanks") -> ReplyToRating:
    return ReplyToRating(review_id=review_id(rater, ratee), text=text)


def test_a_host_replies_once_to_what_is_revealed(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).when(AUTHOR, reply(ANN, AUTHOR)).then_fails(NotFound)
    over.given(AUTHOR, rate(AUTHOR, ANN))
    over.when(AUTHOR, reply(ANN, AUTHOR)).then((RatingReplied, {"reply": "Thanks"}))
    over.when(AUTHOR, reply(ANN, AUTHOR)).then_nothing()
    over.when(AUTHOR, reply(ANN, AUTHOR, "No thanks")).then_refused("already_replied")


def test_nobody_else_replies_and_no_guest_does(over: Spec) -> None:
    over.given(ANN, rate(ANN, AUTHOR)).given(AUTHOR, rate(AUTHOR, ANN))
    over.when(ANN, reply(ANN, AUTHOR)).then_fails(Forbidden)
    over.when(BEN, reply(ANN, AUTHOR)).then_fails(NotFound)
    over.when(ANN, reply(AUTHOR, ANN)).then_fails(Forbidden)
    over.when(AUTHOR, reply(BEN, AUTHOR)).then_fails(NotFound)
    over.given(ANN, retract(ANN, AUTHOR)).when(AUTHOR, reply(ANN, AUTHOR)).then_fails(NotFound)
