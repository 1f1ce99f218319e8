"""The store of an image on a simulated disk, which outlives the process that writes it.

Values are encoded as on a real disk. Of a write that a crash interrupts nothing is there.
"""

import asyncio
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime
from random import Random
from typing import Any

import msgspec

from command_api.domain.deadline import Deadline, NoDeadline
from command_api.domain.layer import COLLECTIONS
from command_api.image.sqlite.encoding import (
    THE_CHECKPOINT,
    VALUE_TYPES,
    VERSION,
    KeyedAnswer,
    ValueDecoder,
    encode_key,
    encode_value,
)
from command_api.image.sqlite.writing import PEOPLE
from command_api.image.store import (
    Changes,
    Checkpoint,
    StoreDamaged,
    StoredAnswer,
    StoreUnavailable,
)
from contracts.values.ids import PersonId

TORN = b"torn"


class Contents:
    """What is on the disk."""

    def __init__(self) -> None:
        self.values: tuple[dict[bytes, bytes], ...] = tuple({} for _ in COLLECTIONS)
        self.answers: dict[int, bytes] = {}
        self.deadlines: dict[str, bytes] = {}
        self.suspended: set[PersonId] = set()
        self.version = VERSION
        self.checkpoint: bytes | None = None
        self.torn: list[tuple[dict[bytes, bytes], bytes, bytes]] = []
        """Damaged values: where they are, and what they were."""

    def tear(self, random: Random) -> None:
        """Damage one value, if there is any."""
        filled = [one for one in self.values if one]
        if filled:
            table = random.choice(filled)
            key = random.choice(sorted(table))
            self.torn.append((table, key, table[key]))
            table[key] = TORN

    def mend(self) -> None:
        """Undo damage that nobody has met."""
        for table, key, value in reversed(self.torn):
            if table[key] == TORN:
                table[key] = value


class SimulatedDisk:
    """A disk with bad days. All of them are off at first."""

    def __init__(self) -> None:
        self.contents = Contents()
        self.set_aside: Contents | None = None
        self.full = False
        self.write_s = (0.0, 0.0)
        """Least and greatest time of a write."""
        self.set_aside_s = 0.0
        self.writes = 0

    def mend(self) -> None:
        self.full, self.write_s = False, (0.0, 0.0)
        self.contents.mend()

    def copy(self) -> Contents:
        return deepcopy(self.contents)

    def put(self, changes: Changes) -> None:
        """Write everything at once."""
        self.put_values(changes)
        self.put_position(changes.checkpoint)

    def put_values(self, changes: Changes) -> None:
        on_disk = self.contents
        for table, values in zip(on_disk.values, changes.values, strict=True):
            for key, value in values.items():
                encoded = encode_key(key)
                table[encoded] = encode_value(encoded, value)
        for person in changes.values[PEOPLE].values():
            on_disk.suspended.discard(person.id)
            if person.suspension is not None:
                on_disk.suspended.add(person.id)
        for scoped_key, answer in changes.answers.items():
            keyed = KeyedAnswer(scoped_key, answer)
            on_disk.answers[answer.seq] = encode_value(encode_key(answer.seq), keyed)
        for entry_id, deadline in changes.deadlines.items():
            if isinstance(deadline, NoDeadline):
                on_disk.deadlines.pop(entry_id, None)
            else:
                on_disk.deadlines[entry_id] = encode_value(encode_key(entry_id), deadline)

    def put_position(self, checkpoint: Checkpoint) -> None:
        forgotten = checkpoint.keys.forgotten
        answers = self.contents.answers
        self.contents.answers = {seq: one for seq, one in answers.items() if seq > forgotten}
        self.contents.checkpoint = encode_value(THE_CHECKPOINT, checkpoint)
        self.writes += 1


class SimulatedTable:
    """Point reads of one collection."""

    def __init__(self, store: "SimulatedStore", place: int) -> None:
        self._store = store
        self._place = place
        self._decoder = ValueDecoder(VALUE_TYPES[place])

    def get(self, key: Any, /) -> Any | None:
        encoded = encode_key(key)
        found = self._store.disk.contents.values[self._place].get(encoded)
        return None if found is None else self._store.decode(self._decoder, encoded, found)

    def is_empty(self) -> bool:
        return not self._store.disk.contents.values[self._place]

    def items(self) -> Iterator[tuple[Any, Any]]:
        for encoded in self._store.disk.contents.values[self._place]:
            key = msgspec.json.decode(encoded)
            key = tuple(key) if isinstance(key, list) else key
            yield key, self.get(key)


class SimulatedStore:
    """The `ImageStore` of one life of a process."""

    def __init__(self, disk: SimulatedDisk, random: Random) -> None:
        self.disk = disk
        self._random = random
        self._answers = ValueDecoder(KeyedAnswer)
        self._deadlines = ValueDecoder(Deadline)
        self.damage: StoreDamaged | None = None
        self.tables = tuple(SimulatedTable(self, place) for place in range(len(COLLECTIONS)))

    def decode(self, decoder: ValueDecoder, key: bytes, stored: bytes) -> Any:
        try:
            return decoder.decode(key, stored)
        except StoreDamaged as damage:
            self.damage = damage
            raise

    def find_answer(self, scoped_key: str) -> StoredAnswer | None:
        for seq in sorted(self.disk.contents.answers, reverse=True):
            keyed = self._answer(seq)
            if keyed.scoped_key == scoped_key:
                return keyed.answer
        return None

    def list_answered(self, after_seq: int, limit: int) -> Sequence[tuple[int, datetime]]:
        later = sorted(seq for seq in self.disk.contents.answers if seq > after_seq)
        return [(seq, self._answer(seq).answer.decided_at) for seq in later[:limit]]

    def list_deadlines(self, after: datetime, until: datetime) -> Sequence[Deadline]:
        all_of_them: list[Deadline] = [
            self.decode(self._deadlines, encode_key(key), stored)
            for key, stored in self.disk.contents.deadlines.items()
        ]
        return sorted(one for one in all_of_them if after < one.due_at <= until)

    def list_suspended(self) -> Sequence[PersonId]:
        return sorted(self.disk.contents.suspended)

    async def open(self) -> Checkpoint | None:
        if self.disk.contents.checkpoint is None:
            return None
        if self.disk.contents.version != VERSION:
            raise StoreDamaged("another version")
        found = self.decode(ValueDecoder(Checkpoint), THE_CHECKPOINT, self.disk.contents.checkpoint)
        assert isinstance(found, Checkpoint)
        return found

    async def write(self, changes: Changes, *, at_leisure: bool) -> None:
        await asyncio.sleep(self._random.uniform(*self.disk.write_s))
        if self.disk.full:
            raise StoreUnavailable("the disk is full")
        self.disk.put(changes)

    async def set_aside(self) -> None:
        await asyncio.sleep(self.disk.set_aside_s)
        self.disk.set_aside, self.disk.contents = self.disk.contents, Contents()
        self.damage = None

    async def delete_set_aside(self) -> None:
        self.disk.set_aside = None

    async def close(self) -> None:
        """Do nothing: the disk stays."""

    def _answer(self, seq: int) -> KeyedAnswer:
        found = self.decode(self._answers, encode_key(seq), self.disk.contents.answers[seq])
        assert isinstance(found, KeyedAnswer)
        return found
