"""The proof finds who took part in a chat that is not theirs, from the events alone."""

from typing import Any

import pytest

from contracts.events.post import PostChanged, PostDeleted, PostsRead, PostWritten
from contracts.events.stored.codec import decode_events
from contracts.events.stored.domain_event import DomainEvent
from contracts.values.ids import PersonId, PostId
from projector.proof.rules import RuleProof
from tests.histories.random_people import RandomPeople
from tests.unit.projector.proof.an_evening import (
    ANN,
    BEN,
    CREATED,
    EVENING,
    HOST,
    comes,
    leaves,
)


def written(writer: PersonId, position: int) -> PostWritten:
    return PostWritten(**_post(writer), text="Hello.", position=position)


def changed(writer: PersonId) -> PostChanged:
    return PostChanged(**_post(writer), text="Hi.")


def deleted(writer: PersonId, by: Any) -> PostDeleted:
    return PostDeleted(**_post(writer), by=by)


def read(reader: PersonId, position: int) -> PostsRead:
    return PostsRead(announcement_id=EVENING, reader_id=reader, position=position)


def _post(writer: PersonId) -> dict[str, Any]:
    return {"announcement_id": EVENING, "post_id": PostId(f"of {writer}"), "writer_id": writer}


def contradictions(*events: DomainEvent) -> list[Any]:
    """Each event is a Commit of its own, the first at position 1."""
    proof = RuleProof()
    for seq, event in enumerate(events, 1):
        proof.record(seq, [event])
    return [one["reason"] for one in proof.contradictions.examples]


def test_what_the_people_of_an_evening_do_breaks_no_rule() -> None:
    posts = written(ANN, 3), written(HOST, 4), changed(ANN), deleted(ANN, "host"), read(HOST, 4)
    assert contradictions(CREATED, comes(ANN, 1), *posts) == []


@pytest.mark.parametrize("seed", range(3))
def test_random_people_break_no_rule(seed: int) -> None:
    proof = RuleProof()
    for commit in RandomPeople(seed).live(300).chain.commits:
        proof.record(commit.seq, decode_events(commit.events))
    assert proof.contradictions.examples == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (written(BEN, 5), "a post by somebody who takes no part in the chat"),
        (written(ANN, 5), "a post by somebody who takes no part in the chat"),
        (changed(ANN), "a post by somebody who takes no part in the chat"),
        (deleted(ANN, "writer"), "a post was deleted by somebody who takes no part in the chat"),
        (read(ANN, 3), "a chat was read by somebody who takes no part in it"),
        (read(HOST, 5), "a post was read that is not written yet"),
        (written(HOST, 4), "a post says that it stands at 4"),
    ],
)
def test_each_broken_rule_is_found(event: DomainEvent, reason: str) -> None:
    assert contradictions(CREATED, comes(ANN, 1), written(ANN, 3), leaves(ANN, 0), event) == [
        reason
    ]


def test_a_chat_of_no_evening_is_found() -> None:
    assert contradictions(read(HOST, 0)) == ["a chat was read by somebody who takes no part in it"]
