"""Chats over crashes, pauses and outages."""

from contracts.events.post import PostChanged, PostDeleted, PostEvent, PostsRead, PostWritten
from contracts.events.stored.codec import decode_events
from contracts.events.stored.domain_event import DomainEvent
from tests.simulation.invariants import accepted_commits
from tests.simulation.scenario import run_with_chats

SEEDS = 40


def test_no_post_is_lost_or_breaks_a_rule_whatever_happens() -> None:
    happened: set[type[DomainEvent]] = set()
    for seed in range(SEEDS):
        commits = accepted_commits(run_with_chats(seed).journal.log)
        happened |= {type(event) for one in commits for event in decode_events(one.events)}
    chats = {kind for kind in happened if issubclass(kind, PostEvent)}
    assert chats == {PostWritten, PostChanged, PostDeleted, PostsRead}
