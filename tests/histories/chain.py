"""Builds the records of a journal: one leadership, each record chained to the one before."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Raw

from contracts.events.stored.base import Event
from contracts.events.stored.codec import encode_event
from contracts.journal.records import (
    GENESIS_HASH,
    Barrier,
    Claim,
    CommandInfo,
    Commit,
    Outcome,
    decode_record,
    encode_record,
    hash_record,
)
from contracts.values.ids import SYSTEM
from runtime.journal.port import Journal

BEGIN: Final = datetime(2030, 1, 1, tzinfo=UTC)
RECORDED: Final = Outcome("recorded")


class Chain:
    """Records as a journal holds them; the one at position 1 is the claim.

    Commits happen `now`, unless they say when. Only `wait` moves that on.
    """

    def __init__(self, now: datetime = BEGIN) -> None:
        self.now = now
        self.payloads = [encode_record(Claim(1, 1, GENESIS_HASH, "nonce", "http://leader"))]
        self.commits: list[Commit] = []
        self._written: WeakKeyDictionary[Journal, int] = WeakKeyDictionary()

    @property
    def seq(self) -> int:
        return len(self.payloads)

    def wait(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)

    def barrier(self, at: datetime) -> None:
        self.payloads.append(encode_record(Barrier(1, self.seq + 1, self._hash_last(), at)))

    def commit(
        self,
        *events: Event | dict[str, Any],
        at: datetime | None = None,
        outcome: Outcome = RECORDED,
        actor: str = SYSTEM,
        kind: str = "told",
        traceparent: str = "",
    ) -> Commit:
        """Append a Commit. A dict is an event as it is stored, whether this version knows it
        or not."""
        seq = self.seq + 1
        return self.append(
            Commit(
                term=1,
                seq=seq,
                prev_hash=self._hash_last(),
                decided_at=at or self.now,
                command=CommandInfo(
                    f"c{seq}", kind, actor, f"k{seq}", f"f{seq}", traceparent=traceparent
                ),
                outcome=outcome,
                events=tuple(_encode(event) for event in events),
            )
        )

    def append(self, commit: Commit) -> Commit:
        """Return `commit` as a reader of the journal gets it."""
        self.payloads.append(encode_record(commit))
        read = decode_record(self.payloads[-1])
        assert isinstance(read, Commit)
        self.commits.append(read)
        return read

    async def write_to(
        self, journal: Journal, start: int | None = None, end: int | None = None
    ) -> int:
        """Append the records from offset `start` up to `end`, durably.

        `start` is by default where the last call for this journal ended. Returns the position
        of the newest record that there is.
        """
        writer = await journal.open_writer()
        first = self._written.get(journal, 0) if start is None else start
        places = [writer.append(payload) for payload in self.payloads[first:end]]
        for place in places:
            await place
        await writer.close()
        self._written[journal] = first + len(places)
        return self.seq

    def _hash_last(self) -> str:
        return hash_record(self.payloads[-1])


def _encode(event: Any) -> Raw:
    return Raw(msgspec.json.encode(event)) if isinstance(event, dict) else encode_event(event)
