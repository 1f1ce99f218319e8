"""A trial names those whom the notifier would tell, and a caller only learns what they may."""

from collections import defaultdict
from typing import Final

import msgspec
import pytest

from command_api.domain.layer import Layer
from command_api.domain.submission import AnyCommand
from command_api.domain.telling import WouldTell, add_would_tell, list_told, list_would_tell
from command_api.image.image import Image
from contracts.events.stored.codec import decode_events
from contracts.values.ids import PersonId
from notifier.policies.effects import FanOut
from tests.histories.random_people import RandomPeople
from tests.unit.command_api.domain.spec import (
    ANN,
    ANNOUNCEMENT,
    AUTHOR,
    BEN,
    CAT,
    NOON,
    Spec,
    announce,
    ask,
    cancel,
    change,
    invite,
    say,
)
from tests.unit.notifier.folded import Folded

KINDS: Final = {
    "announce_new",
    "announce_put",
    "announce_delete",
    "booking_new",
    "booking_status",
    "booking_unanswered",
    "host_message",
}
"""The kinds that a trial speaks of. The others come at a time of their own, or of what is no
trial."""


@pytest.mark.parametrize("seed", range(3))
def test_the_leader_and_the_notifier_name_the_same_people(seed: int) -> None:
    commits = RandomPeople(seed).live(400).chain.commits
    folded = Folded(commits)
    assert folded.letters == []
    planned: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for row in folded.plan.notices:
        if row.event_time is None and row.kind in KINDS:
            for source in row.sources:
                planned[source.seq].add((row.recipient, row.kind))
    for fanout in folded.plan.fanouts:
        assert isinstance(fanout.effect, FanOut)
        planned[fanout.source.seq].add(("followers", "announce_new"))
    image, told = Image(), 0
    for commit in commits:
        actor, events = commit.command.actor, decode_events(commit.events)
        then = Layer.on(image.accepted)
        named = {
            (one.told.recipient or "followers", str(one.told.kind))
            for one in list_told(then, events, commit.decided_at, PersonId(actor))
        }
        assert named == planned[commit.seq], (commit.seq, events)
        told += len(named)
        image.fold(commit)
    assert told > 200


def would_tell(spec: Spec, actor: PersonId, command: AnyCommand) -> set[tuple[str | None, str]]:
    spec.when(actor, command)
    found = list_would_tell(spec.layer, spec.decision.events, NOON, actor)
    return {(one.user_id, one.kind) for one in found}


@pytest.fixture
def spec() -> Spec:
    return Spec()


@pytest.fixture
def evening(spec: Spec) -> Spec:
    """Ann has the only seat, and Ben, whom the author has approved, waits."""
    spec.given(AUTHOR, announce(seats=1)).given(ANN, ask(ANN)).given(AUTHOR, say(True, ANN))
    return spec.given(BEN, ask(BEN)).given(AUTHOR, say(True, BEN))


def test_an_author_learns_of_everybody(evening: Spec) -> None:
    assert would_tell(evening, AUTHOR, change(title="New")) == {
        (one, "announce_put") for one in (AUTHOR, ANN, BEN)
    }
    assert would_tell(evening, AUTHOR, cancel()) == {
        (one, "announce_delete") for one in (AUTHOR, ANN, BEN)
    }
    assert would_tell(evening, AUTHOR, invite(CAT)) == {
        (one, "booking_new") for one in (AUTHOR, CAT)
    }


def test_a_guest_does_not_learn_who_gets_the_seat(evening: Spec) -> None:
    assert would_tell(evening, ANN, say(False, ANN)) == {
        (one, "booking_status") for one in (AUTHOR, ANN)
    }


def test_a_new_evening_would_be_told_to_followers(spec: Spec) -> None:
    assert would_tell(spec, AUTHOR, announce()) == {(None, "announce_new")}


def test_an_answer_keeps_its_fields() -> None:
    told = [WouldTell(ANN, "Ann", "booking_new", "requested", ANNOUNCEMENT)]
    answer = msgspec.json.decode(add_would_tell(b'{"id":1}', told))
    assert answer["id"] == 1
    assert [one["user_id"] for one in answer["would_tell"]] == [ANN]
