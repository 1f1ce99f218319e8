"""Puts erasures into a history."""

from random import Random

from contracts.events.person import PersonErased, PersonSeen
from contracts.events.stored.codec import decode_event
from contracts.journal.records import Commit
from contracts.values.ids import PersonId
from tests.histories.chain import Chain


def add_erasures(chain: Chain, seed: int, share: float = 0.1) -> Chain:
    """Return the same history in which, after about `share` of the Commits, somebody is erased
    who was seen before. Most of them go on as if nothing had been: they came back."""
    random, people = Random(seed), list[PersonId]()
    erased = Chain(chain.now)
    for commit in chain.commits:
        copy_commit(erased, commit)
        for event in map(decode_event, commit.events):
            if isinstance(event, PersonSeen):
                people.append(event.person_id)
        while people and random.random() < share:
            erased.commit(PersonErased(person_id=random.choice(people)), at=commit.decided_at)
    return erased


def copy_commit(chain: Chain, commit: Commit) -> Commit:
    """Append a Commit with the same command, outcome and events."""
    return chain.commit(
        *map(decode_event, commit.events),
        at=commit.decided_at,
        outcome=commit.outcome,
        actor=commit.command.actor,
        kind=commit.command.kind,
    )
