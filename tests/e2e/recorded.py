"""Compares what clients were answered with what the journal holds."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from contracts.journal.concealment import conceal_idempotency_key
from contracts.journal.records import Commit
from runtime.journal.port import Journal
from runtime.journal.tail import Accepted, Tail
from tests.e2e.traffic import AnsweredRequest

RECORDED: Final = (200, 201, 409)
"""Answers to commands that were decided; others never reach the journal."""


async def read_accepted(journal: Journal) -> list[Accepted]:
    """Return every accepted record, through all renewals; closes the journal."""
    tail = Tail(journal)
    end = await tail.find_end()
    records: list[Accepted] = []
    while tail.moved_to is not None or tail.seen_offset < end - 1:
        log = tail.log
        records += await tail.fetch(1.0)
        if tail.log is not log:
            end = await tail.find_end()
    await tail.close()
    await journal.close()
    return records


def find_misrecorded(
    answered: Iterable[AnsweredRequest], commits: Sequence[Commit]
) -> Iterator[str]:
    """Return every answered command that is not in the journal once, at the answered position,
    with the answered outcome; and every key with two effects."""
    by_seq = {commit.seq: commit for commit in commits}
    seqs: dict[tuple[str, str], list[int]] = {}
    for commit in commits:
        key = (commit.command.actor, commit.command.idempotency_key)
        seqs.setdefault(key, []).append(commit.seq)
    for one in answered:
        if one.status not in RECORDED:
            continue
        found = seqs.get((one.actor, conceal_idempotency_key(one.key)), [])
        if found != [one.position]:
            yield f"{one} is recorded at {found}"
        elif by_seq[one.position].outcome.refused != (one.status == 409):
            yield f"{one} is recorded as {by_seq[one.position].outcome}"
    for key, found in seqs.items():
        if len(found) > 1:
            yield f"{key} has effects at {found}"
