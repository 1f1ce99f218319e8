"""Ratings: who may rate whom, once, sealed until both have or the window is over."""

from typing import Any, Final

import pytest

from command_api.domain.rating.commands import ChangeRating, GiveRating, RatingDue, RetractRating
from command_api.leader.agenda import Agenda
from contracts.errors import Forbidden, NotFound
from contracts.events.domain_event import DomainEvent
from contracts.events.rating import (
    RatingChanged,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
    RatingRole,
)
from contracts.scoring import UNRATED, Vote, score_of
from contracts.values.ids import SYSTEM, PersonId, ReviewId
from tests.unit.command_api.domain.spec import (
    ANN,
    BEN,
    CAT,
    DUE,
    EVENING,
    HOST,
    Spec,
    announce,
    ask,
    cancel,
    due,
    say,
)

OVER: Final = 26.0
WINDOW_OVER: Final = OVER + 14 * 24
STRANGER: Final = PersonId("stranger")


def review_id(rater: PersonId, ratee: PersonId) -> ReviewId:
    return ReviewId(f"{rater} of {ratee}")


def rate(rater: PersonId, ratee: PersonId, score: int = 8, **fields: Any) -> GiveRating:
    return GiveRating(
        announcement_id=EVENING,
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
    spec = Spec().given(HOST, announce(seats=3))
    for guest in (ANN, BEN, CAT):
        spec.given(guest, ask(guest))
    return spec.given(HOST, say(True, ANN), say(True, BEN))


@pytest.fixture
def over() -> Spec:
    """As `coming`, and the evening is over."""
    return coming().at(24).given(SYSTEM, DUE).at(OVER).given(SYSTEM, DUE)


def score(spec: Spec, person: PersonId, role: RatingRole) -> float:
    return spec.layer.standing(person, role).score.rating


# Who, and when


def test_guests_rate_the_host_and_the_host_rates_each_guest(over: Spec) -> None:
    over.when(ANN, rate(ANN, HOST, 9, text="Warm", tags=("kind",))).then(
        given(ANN, HOST, role="host", score=9, text="Warm", tags=("kind",))
    )
    over.when(HOST, rate(HOST, BEN, 7)).then(given(HOST, BEN, role="guest", score=7))


@pytest.mark.parametrize(
    ("rater", "ratee"),
    [
        (STRANGER, HOST),
        (HOST, STRANGER),
        (CAT, HOST),
        (HOST, CAT),
        (ANN, BEN),
        (HOST, HOST),
        (ANN, ANN),
    ],
)
def test_d13_nobody_else_rates_anybody(over: Spec, rater: PersonId, ratee: PersonId) -> None:
    over.when(rater, rate(rater, ratee)).then_fails(NotFound)
    over.when(rater, rate(rater, ratee), is_super=True).then_fails(NotFound)


def test_d13_nobody_rates_an_evening_that_is_not_over() -> None:
    spec = coming()
    spec.when(ANN, rate(ANN, HOST)).then_refused("evening_not_done", announcement_status="Alive")
    spec.at(25).given(SYSTEM, DUE)
    spec.when(HOST, rate(HOST, ANN)).then_refused("evening_not_done", announcement_status="Closed")


def test_d13_nobody_rates_an_evening_that_was_called_off() -> None:
    spec = coming().given(HOST, cancel())
    spec.when(ANN, rate(ANN, HOST)).then_refused(
        "evening_not_done", announcement_status="Cancelled"
    )


def test_d13_nobody_rates_twice(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST))
    over.when(ANN, rate(ANN, HOST)).then_refused("already_rated", review_id=review_id(ANN, HOST))
    over.at(WINDOW_OVER + 1)
    over.when(ANN, rate(ANN, HOST)).then_refused("already_rated")


def test_a_retracted_rating_is_not_given_anew(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST), retract(ANN, HOST))
    over.when(ANN, rate(ANN, HOST)).then_refused("already_rated", review_id=review_id(ANN, HOST))


def test_the_first_rating_comes_within_fourteen_days(over: Spec) -> None:
    over.at(WINDOW_OVER - 0.01).when(ANN, rate(ANN, HOST)).then(given(ANN, HOST))
    over.at(WINDOW_OVER).when(HOST, rate(HOST, ANN)).then_refused("rating_window_closed")


# Sealed, revealed


def test_a_rating_is_sealed_until_the_other_side_has_rated(over: Spec) -> None:
    over.when(ANN, rate(ANN, HOST, 3)).then(given(ANN, HOST))
    assert over.layer.standing(HOST, "host").score == UNRATED
    over.when(HOST, rate(HOST, ANN, 10)).then(
        given(HOST, ANN), revealed(ANN, HOST), revealed(HOST, ANN)
    )
    assert score(over, HOST, "host") == score_of(over.layer.standing(HOST, "host").votes).rating
    assert [one.score for one in over.layer.standing(HOST, "host").votes] == [3]
    assert [one.score for one in over.layer.standing(ANN, "guest").votes] == [10]


def test_the_host_rating_one_guest_reveals_nothing_of_another(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST)).when(HOST, rate(HOST, BEN)).then(given(HOST, BEN))


def test_what_stays_sealed_is_revealed_when_the_window_is_over(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST)).at(WINDOW_OVER)
    due(over, rating_due(ANN, HOST)).then(revealed(ANN, HOST, "window_over"))
    due(over, rating_due(ANN, HOST)).then_nothing()
    assert over.layer.standing(HOST, "host").score.count == 1


def test_a_deadline_that_came_too_early_or_is_moot_reveals_nothing(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST)).given(BEN, rate(BEN, HOST), retract(BEN, HOST))
    due(over.at(WINDOW_OVER - 0.01), rating_due(ANN, HOST)).then_nothing()
    due(over.at(WINDOW_OVER), rating_due(BEN, HOST)).then_nothing()
    due(over, rating_due(CAT, HOST)).then_nothing()


def test_the_agenda_holds_sealed_ratings_until_their_window_is_over(over: Spec) -> None:
    agenda = Agenda()
    agenda.update(over.given(ANN, rate(ANN, HOST)).given(BEN, rate(BEN, HOST)).layer)
    ends_at = over.layer.ratings.own[review_id(ANN, HOST)].sealed_until
    assert [one.command for one in agenda.list_due(ends_at)] == [
        rating_due(ANN, HOST),
        rating_due(BEN, HOST),
    ]
    agenda.update(over.given(HOST, rate(HOST, ANN)).given(BEN, retract(BEN, HOST)).layer)
    assert list(agenda.list_due(ends_at)) == []


# Changed, retracted


def test_d11_any_field_of_a_sealed_rating_changes_by_itself(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST, 5, text="So so", tags=("late",)))
    over.when(ANN, change(ANN, HOST, score=6)).then(
        (RatingChanged, {"rater_id": ANN, "score": 6, "text": "So so", "tags": ("late",)})
    )
    over.when(ANN, change(ANN, HOST, text=None, tags=())).then(
        (RatingChanged, {"score": 6, "text": None, "tags": ()})
    )
    over.when(ANN, change(ANN, HOST, score=6)).then_nothing()


def test_what_was_changed_is_what_counts_in_the_end(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST, 1), change(ANN, HOST, score=9)).given(HOST, rate(HOST, ANN))
    votes = over.layer.standing(HOST, "host").votes
    assert [one.score for one in votes] == [9]
    given_at = over.layer.ratings.own[review_id(ANN, HOST)].created_at
    assert over.layer.standing(HOST, "host").score == score_of([Vote(9, given_at)])


def test_a_revealed_rating_no_longer_changes(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST)).given(HOST, rate(HOST, ANN))
    over.when(ANN, change(ANN, HOST, score=1)).then_refused("rating_revealed")


def test_a_rating_no_longer_changes_once_its_window_is_over(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST)).at(WINDOW_OVER)
    over.when(ANN, change(ANN, HOST, score=1)).then_refused("rating_revealed")


def test_a_rating_retracted_while_sealed_is_never_revealed(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST))
    over.when(ANN, retract(ANN, HOST)).then((RatingRetracted, {"rater_id": ANN}))
    over.when(ANN, retract(ANN, HOST)).then_nothing()
    over.when(ANN, change(ANN, HOST, score=1)).then_refused("rating_retracted")
    over.when(HOST, rate(HOST, ANN)).then(given(HOST, ANN))
    assert over.layer.standing(HOST, "host").score == UNRATED


def test_a_rating_retracted_after_it_was_revealed_no_longer_counts(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST, 2)).given(HOST, rate(HOST, ANN))
    over.given(BEN, rate(BEN, HOST, 2)).given(HOST, rate(HOST, BEN))
    over.when(ANN, retract(ANN, HOST)).then((RatingRetracted, {}))
    assert len(over.layer.standing(HOST, "host").votes) == 1
    over.when(BEN, retract(BEN, HOST)).then((RatingRetracted, {}))
    assert over.layer.standing(HOST, "host").score == UNRATED


def test_only_the_rater_changes_or_retracts_and_nobody_learns_of_a_sealed_one(over: Spec) -> None:
    over.given(ANN, rate(ANN, HOST))
    for other in (HOST, BEN, STRANGER):
        over.when(other, change(ANN, HOST, score=1)).then_fails(NotFound)
        over.when(other, retract(ANN, HOST), is_super=True).then_fails(NotFound)
    over.given(HOST, rate(HOST, ANN))
    over.when(HOST, retract(ANN, HOST)).then_fails(Forbidden)
    over.when(BEN, retract(ANN, HOST)).then_fails(NotFound)
