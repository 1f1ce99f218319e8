"""The port to the store that keeps an image on disk, and what goes through it.

A store holds one checkpoint: all values of an image, with the position of the journal at which
they were so. It is written as a whole or not at all. The journal stays the only truth: what a
store holds counts only while the journal has the record of its position.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from command_api.domain.deadline import Deadline, NoDeadline
from command_api.domain.layer import Table
from contracts.journal.records import Outcome
from contracts.values.ids import PersonId
from runtime.journal.tail import Position


class StoreError(Exception):
    """The store could not do what it was asked to do."""


class StoreUnavailable(StoreError):
    """Nothing was written, because the disk is full, for instance. Trying again may help."""


class StoreDamaged(StoreError):
    """The contents of the store cannot be used. Only a fold of the journal helps."""


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


class KeysMark(NamedTuple):
    """How far idempotency keys have been forgotten."""

    forgotten: int = 0
    """`seq` of the newest record whose key is forgotten."""
    remembered: int = 0
    """Number of keys that are not."""


class Checkpoint(NamedTuple):
    """An image's place in the journal, and what it knows beside its values."""

    position: Position
    seq: int
    decided_at: datetime
    leader_url: str | None
    """The address in the newest Claim, unless its leader has resigned."""
    keys: KeysMark


class Changes(NamedTuple):
    """All that changed between the checkpoint before and this one."""

    checkpoint: Checkpoint
    values: Sequence[Mapping[Any, Any]]
    """By key, one mapping for each of `COLLECTIONS`."""
    answers: Mapping[str, StoredAnswer]
    """By `scope_key`."""
    deadlines: Mapping[str, Deadline | NoDeadline]
    """By the id of the aggregate."""
    erases: bool = False
    """Whether a person was erased: nothing of what these values replace may be left on disk."""


class StoredTable(Table, Protocol):
    """One collection of a store."""

    def is_empty(self) -> bool:
        """Return whether the table has no values."""
        ...


class ImageStore(Protocol):
    """Reads are point reads that the event loop may do. All but `open` raise StoreDamaged if
    the store turns out to be damaged."""

    @property
    def damage(self) -> StoreDamaged | None:
        """Why the store cannot be used any more, as one of the reads has found."""
        ...

    @property
    def tables(self) -> Sequence[StoredTable]:
        """One for each of `COLLECTIONS`."""
        ...

    def find_answer(self, scoped_key: str) -> StoredAnswer | None:
        """Return the newest answer to a key."""
        ...

    def list_answered(self, after_seq: int, limit: int) -> Sequence[tuple[int, datetime]]:
        """Return `seq` and log time of answers after `after_seq`, oldest first."""
        ...

    def list_deadlines(self, after: datetime, until: datetime) -> Sequence[Deadline]:
        """Return the deadlines that are due later than `after`, and at `until` or before."""
        ...

    def list_suspended(self) -> Sequence[PersonId]:
        """Return the people who are suspended."""
        ...

    async def open(self) -> Checkpoint | None:
        """Return the checkpoint; None if there is none. Raises StoreDamaged if it cannot be
        used, also because another version of this software wrote it."""
        ...

    async def write(self, changes: Changes, *, at_leisure: bool) -> None:
        """Write all changes and their checkpoint in one transaction. With `at_leisure` the event
        loop goes first. Raises StoreUnavailable."""
        ...

    async def set_aside(self) -> None:
        """Put away what the store holds, and go on with an empty one. Raises StoreUnavailable."""
        ...

    async def delete_set_aside(self) -> None:
        """Delete what was put away, because a new checkpoint is whole. Raises
        StoreUnavailable."""
        ...

    async def close(self) -> None:
        """Let go of the disk. `open` may follow."""
        ...
