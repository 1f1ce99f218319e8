"""The proof finds every broken rule about ratings from the events alone, and nothing else."""

from typing import Any, Final

import pytest

from contracts.events.rating import (
    RatingChanged,
    RatingGiven,
    RatingRetracted,
    RatingRevealed,
)
from contracts.events.stored.codec import decode_events
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import PersonId, ReviewId
from projector.proof.rules import RuleProof
from tests.histories.random_people import RandomPeople
from tests.unit.projector.proof.an_evening import (
    ANN,
    BEN,
    CREATED,
    DONE,
    EVENING,
    HOST,
    NOON,
    comes,
    leaves,
)


def given(rater: PersonId, ratee: PersonId, score: int = 8, name: str = "") -> RatingGiven:
    return RatingGiven(**_review(rater, ratee, name), score=score, sealed_until=NOON)


def changed(rater: PersonId, ratee: PersonId, score: int = 8) -> RatingChanged:
    return RatingChanged(**_review(rater, ratee), score=score)


def revealed(rater: PersonId, ratee: PersonId, reason: Any = "both_rated") -> RatingRevealed:
    return RatingRevealed(**_review(rater, ratee), reason=reason)


def retracted(rater: PersonId, ratee: PersonId) -> RatingRetracted:
    return RatingRetracted(**_review(rater, ratee))


def _review(rater: PersonId, ratee: PersonId, name: str = "") -> dict[str, Any]:
    return {
        "review_id": ReviewId(name or f"{rater} of {ratee}"),
        "announcement_id": EVENING,
        "rater_id": rater,
        "ratee_id": ratee,
        "role": "host" if ratee == HOST else "guest",
    }


COMING: Final[list[DomainEvent]] = [CREATED, comes(ANN, 1), comes(BEN, 2), leaves(BEN, 1)]
OVER: Final[list[DomainEvent]] = [*COMING, DONE]
BOTH: Final[list[DomainEvent]] = [given(ANN, HOST), given(HOST, ANN)]
REVEALED: Final[list[DomainEvent]] = [*BOTH, revealed(ANN, HOST), revealed(HOST, ANN)]


def broken(events: list[DomainEvent]) -> list[str]:
    proof = RuleProof()
    proof.record(1, events)
    return [one["reason"] for one in proof.contradictions.examples]


@pytest.mark.parametrize(
    "events",
    [
        REVEALED,
        [given(ANN, HOST), changed(ANN, HOST), revealed(ANN, HOST, "window_over")],
        [*REVEALED, retracted(ANN, HOST)],
        [given(ANN, HOST), retracted(ANN, HOST), given(HOST, ANN)],
    ],
)
def test_what_may_happen_is_no_finding(events: list[DomainEvent]) -> None:
    assert broken(OVER + events) == []


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([*COMING, given(ANN, HOST)], "an evening was rated that is not over"),
        ([*OVER, given(BEN, HOST)], "a rating without a confirmed guest"),
        ([*OVER, given(HOST, BEN)], "a rating without a confirmed guest"),
        ([*OVER, given(BEN, ANN)], "a rating without the host"),
        ([*OVER, given(ANN, HOST), given(ANN, HOST, name="again")], "somebody was rated twice"),
        ([*OVER, given(ANN, HOST, 11)], "a score of 11"),
        ([*OVER, given(ANN, HOST), changed(ANN, HOST, 0)], "a score of 0"),
        ([*OVER, changed(ANN, HOST)], "a rating that was not given"),
        ([*OVER, *REVEALED, changed(ANN, HOST)], "a revealed or retracted rating was changed"),
        (
            [*OVER, given(ANN, HOST), retracted(ANN, HOST), changed(ANN, HOST)],
            "a revealed or retracted rating was changed",
        ),
        (
            [*OVER, *REVEALED, revealed(ANN, HOST)],
            "a rating was revealed that is not sealed",
        ),
        (
            [*OVER, given(ANN, HOST), revealed(ANN, HOST)],
            "a rating was revealed before the other side had rated",
        ),
    ],
)
def test_a_broken_rule_is_found(events: list[DomainEvent], reason: str) -> None:
    assert reason in broken(events)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_domain_decides_breaks_no_rule(seed: int) -> None:
    proof = RuleProof()
    for commit in RandomPeople(seed, people=4).live(150).chain.commits:
        proof.record(commit.seq, decode_events(commit.events))
    assert proof.contradictions.total == 0
