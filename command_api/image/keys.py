"""Remembers idempotency keys: which commands have been answered, and how.

Only accepted Commits are remembered, in their order, so every process knows the same keys and
may answer a retry. A key is forgotten when it is more than `RECORDS_MAX` records back, or
older than `AGE_MAX` of log time *and* more than `RECORDS_MIN` records back. So memory is
bounded, all processes forget the same keys, and no clock can empty the table.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from contracts.errors import KeyReused
from contracts.journal.records import CommandInfo, Outcome

RECORDS_MAX: Final = 1_000_000
RECORDS_MIN: Final = 100_000
AGE_MAX: Final = timedelta(hours=24)


class StoredAnswer(Struct, frozen=True):
    """The outcome of the first command with a key."""

    seq: int
    decided_at: datetime
    fingerprint: str
    query_fingerprint: str | None
    outcome: Outcome

    def answers(self, fingerprint: str, query_fingerprint: str | None) -> bool:
        """Whether a request with these fingerprints is a retry of the stored one. A record of an
        earlier version has no fingerprint of the query and is compared without it."""
        queries = (self.query_fingerprint, query_fingerprint)
        return self.fingerprint == fingerprint and (None in queries or queries[0] == queries[1])


class AnsweredKeys:
    def __init__(
        self,
        records_max: int = RECORDS_MAX,
        records_min: int = RECORDS_MIN,
        age_max: timedelta = AGE_MAX,
    ) -> None:
        self._records_max = records_max
        self._records_min = records_min
        self._age_max = age_max
        # A dict keeps the order of insertion, which is the order of the journal.
        self._answers: dict[str, StoredAnswer] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def find(
        self, actor: str, key: str, fingerprint: str, query_fingerprint: str | None = None
    ) -> StoredAnswer | None:
        """Return the stored answer, or None if the actor has not used the key. Raises KeyReused
        if they used it for another request."""
        stored = self._answers.get(scope_key(actor, key))
        if stored is not None and not stored.answers(fingerprint, query_fingerprint):
            raise KeyReused
        return stored

    def remember(
        self, command: CommandInfo, seq: int, decided_at: datetime, outcome: Outcome
    ) -> None:
        """Remember the answer of an accepted Commit. Forgets keys that are too old by now."""
        self._answers[scope_key(command.actor, command.idempotency_key)] = StoredAnswer(
            seq, decided_at, command.fingerprint, command.query_fingerprint, outcome
        )
        self._forget(seq, decided_at)

    def _forget(self, seq: int, decided_at: datetime) -> None:
        while True:
            key, oldest = next(iter(self._answers.items()))
            records_back = seq - oldest.seq
            too_old = decided_at - oldest.decided_at > self._age_max
            if records_back <= self._records_max and not (
                too_old and records_back > self._records_min
            ):
                return
            del self._answers[key]


def scope_key(actor: str, key: str) -> str:
    """Return the key together with its actor: two people may use the same one."""
    return f"{actor} {key}"
