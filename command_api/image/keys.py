"""Remembers idempotency keys: which commands have been answered, and how.

Only accepted Commits are remembered, in their order, so every process knows the same keys and
may answer a retry. A key is forgotten when it is more than `records_max` records back, or
older than `age_max` of log time *and* more than `records_min` records back. So the table is
bounded, all processes forget the same keys, and no clock can empty it.

Keys are forgotten in the order of their records. So one number says which ones are, and a
restarted process forgets the same as one that never stopped.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from command_api.image.store import ImageStore, KeysMark, StoredAnswer
from contracts.errors import KeyReused
from contracts.journal.concealment import NO_SECRET, FingerprintKey, conceal_idempotency_key
from contracts.journal.records import CommandInfo, Outcome

PAGE: Final = 1_000
"""How many of the oldest keys are read from the store at once."""


class KeyLimits(NamedTuple):
    """When a key is forgotten. All processes of a cell have to have the same."""

    records_max: int = 1_000_000
    records_min: int = 100_000
    age_max: timedelta = timedelta(hours=24)


KEY_LIMITS: Final = KeyLimits()


class AnsweredKeys:
    """The answered keys. With a store, only those that are not in it yet are in memory."""

    def __init__(
        self,
        limits: KeyLimits = KEY_LIMITS,
        *,
        fingerprint_key: FingerprintKey = NO_SECRET,
        store: ImageStore | None = None,
        mark: KeysMark = KeysMark(),  # noqa: B008 - immutable
        stored_to: int = 0,
    ) -> None:
        """`stored_to` is the `seq` of the store's checkpoint."""
        self._fingerprint_key = fingerprint_key
        self._limits = limits
        self._store = store
        self._forgotten, self._count = mark
        self._stored_to = 0 if store is None else stored_to
        """No key with a later `seq` is in the store."""
        self._fresh: dict[str, StoredAnswer] = {}
        self._frozen: dict[str, StoredAnswer] = {}
        self._unstored: deque[tuple[int, datetime, str]] = deque()
        """`seq`, log time and key of those in memory, oldest first."""
        self._stored: deque[tuple[int, datetime]] = deque()
        """The oldest of those in the store."""

    def __len__(self) -> int:
        return self._count

    def conceal(self, command: CommandInfo) -> CommandInfo:
        """Return the command as its Commit is to hold it."""
        return self._fingerprint_key.conceal(command)

    def find(
        self, actor: str, key: str, fingerprint: str, query_fingerprint: str | None = None
    ) -> StoredAnswer | None:
        """Return the stored answer, or None if the actor has not used the key. Raises KeyReused
        if they used it for another request."""
        stored = self._find(scope_key(actor, conceal_idempotency_key(key)))
        if stored is None or stored.seq <= self._forgotten:
            return None
        conceal = self._fingerprint_key.conceal_fingerprint
        query_fingerprint = query_fingerprint and conceal(query_fingerprint)
        if not stored.answers(conceal(fingerprint), query_fingerprint):
            raise KeyReused
        return stored

    def remember(
        self, command: CommandInfo, seq: int, decided_at: datetime, outcome: Outcome
    ) -> None:
        """Remember the answer of an accepted Commit. Forgets keys that are too old by now."""
        command = self.conceal(command)
        key = scope_key(command.actor, command.idempotency_key)
        self._fresh[key] = StoredAnswer(
            seq, decided_at, command.fingerprint, command.query_fingerprint, outcome
        )
        self._unstored.append((seq, decided_at, key))
        self._count += 1
        self._forget(seq, decided_at)

    def freeze(self) -> tuple[KeysMark, Mapping[str, StoredAnswer]]:
        """Return what is to be written, and keep it until `settle`."""
        self._frozen, self._fresh = self._fresh, {}
        return KeysMark(self._forgotten, self._count), self._frozen

    def settle(self) -> None:
        """Drop from memory what `freeze` returned, because it has been written."""
        newest = next(reversed(self._frozen.values()), None)
        if newest is not None:
            self._stored_to = newest.seq
        while self._unstored and self._unstored[0][0] <= self._stored_to:
            self._unstored.popleft()
        self._frozen = {}

    def _find(self, scoped_key: str) -> StoredAnswer | None:
        found = self._fresh.get(scoped_key) or self._frozen.get(scoped_key)
        if found is None and self._store is not None:
            return self._store.find_answer(scoped_key)
        return found

    def _forget(self, seq: int, decided_at: datetime) -> None:
        while (oldest := self._find_oldest()) is not None:
            oldest_seq, oldest_at = oldest
            records_back = seq - oldest_seq
            too_old = decided_at - oldest_at > self._limits.age_max
            if records_back <= self._limits.records_max and not (
                too_old and records_back > self._limits.records_min
            ):
                return
            self._forgotten = oldest_seq
            self._count -= 1

    def _find_oldest(self) -> tuple[int, datetime] | None:
        """Return `seq` and log time of the oldest key that is not forgotten."""
        while self._stored and self._stored[0][0] <= self._forgotten:
            self._stored.popleft()
        if self._stored:
            return self._stored[0]
        while self._unstored and self._unstored[0][0] <= self._forgotten:
            seq, _, key = self._unstored.popleft()
            if (answer := self._fresh.get(key)) is not None and answer.seq == seq:
                del self._fresh[key]
        if self._store is not None and self._forgotten < self._stored_to:
            self._stored.extend(self._store.list_answered(self._forgotten, PAGE))
            if self._stored:
                return self._stored[0]
            self._stored_to = self._forgotten
        return self._unstored[0][:2] if self._unstored else None


def scope_key(actor: str, key: str) -> str:
    """Return the key together with its actor: two people may use the same one."""
    return f"{actor} {key}"
