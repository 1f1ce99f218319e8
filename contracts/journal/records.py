"""The records of the journal, exactly as stored: JSON, one record per journal entry.

Every record carries `term`, `seq` and `prev_hash`. A record's hash is the SHA-256 of its
bytes (`sha256sum` of the entry gives the same), and `prev_hash` is the hash of the record
before it, so the accepted records form a chain. Every field is storage format: adding an
optional one is safe; renaming, retyping or removing one is not.
"""

from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from contracts.values.decoding import UNDECODABLE
from contracts.values.ids import AnnouncementId, BookingId, PostId, ReviewId
from contracts.values.times import Instant, is_in_range

RECORD_BYTES_MAX: Final = 900_000
"""Larger records are refused before they are sent. Kafka's default limit is 1 MiB, headers
of batch and record included."""

CARRIED_BYTES_MAX: Final = 950_000
"""The largest record of a renewed journal: carrying adds some bytes to each record."""
GENESIS_HASH: Final = "0" * 64
"""Stands for the hash of the record before the first one."""


class CommandInfo(Struct, frozen=True, gc=False, omit_defaults=True):
    """Identifies the command that a Commit answers. Its effect is in the events."""

    id: str
    kind: str
    actor: str
    idempotency_key: str
    """Hashed (`contracts.journal.concealment`), unless the system gave the command."""
    fingerprint: str
    """SHA-256 over method, path and the client's own body bytes, keyed; bare in older records."""
    query_fingerprint: str | None = None
    """SHA-256 over the query string, keyed; empty without a query. Older records lack it, and
    their retries are compared without it."""
    traceparent: str = ""
    """The W3C trace context of the request, by which logs tell what it caused; empty if no request
    caused it, and in older records. A client may choose it. A renewal leaves out those of erased
    actors."""


class Outcome(Struct, frozen=True, omit_defaults=True):
    """The stored answer to a command. A retry with the same key gets it again."""

    code: str
    refused: bool = False
    created: bool = False
    announcement_id: AnnouncementId | None = None
    booking_id: BookingId | None = None
    facts: dict[str, Any] = {}
    """The facts that a refusal rested on, or the result of each part of a bulk command. Ids,
    codes, numbers and times: no text that a person typed."""
    review_id: ReviewId | None = None
    post_id: PostId | None = None


class Carried(Struct, frozen=True, omit_defaults=True):
    """Ties a record in a renewed journal to the same record in the journals before."""

    was: tuple[str, ...]
    """For each of the newest journals before this one, oldest first, the proof of its record
    (`contracts.journal.renewal.prove`). A reader at that record recognises its place by it."""
    why: tuple[str, ...] = ()
    """Why the contents were changed, over all renewals; empty if they never were."""


class Claim(Struct, frozen=True, tag="claim", tag_field="record"):
    """Says "I lead from here". The nonce is 128 random bits, new for every attempt."""

    term: int
    seq: int
    prev_hash: str
    nonce: str
    leader_url: str
    carried: Carried | UnsetType = UNSET


class Commit(Struct, frozen=True, tag="commit", tag_field="record"):
    """Holds one command, all its events and its stored answer. All of it counts, or nothing."""

    term: int
    seq: int
    prev_hash: str
    decided_at: Instant
    command: CommandInfo
    outcome: Outcome
    events: tuple[Raw, ...] = ()
    """Still encoded: `contracts.events.stored.codec` decodes them, old versions included."""
    carried: Carried | UnsetType = UNSET


class Barrier(Struct, frozen=True, tag="barrier", tag_field="record"):
    """The heartbeat of an idle leader. Accepted, it proves that its sender still led."""

    term: int
    seq: int
    prev_hash: str
    decided_at: Instant
    carried: Carried | UnsetType = UNSET


class Resign(Struct, frozen=True, tag="resign", tag_field="record"):
    """Hands over cleanly: no more records come in this term."""

    term: int
    seq: int
    prev_hash: str
    carried: Carried | UnsetType = UNSET


class Moved(Struct, frozen=True, tag="moved", tag_field="record"):
    """Closes the journal for ever: it goes on in the one with number `generation`, where a Resign
    stands at this position."""

    term: int
    seq: int
    prev_hash: str
    generation: int


class Renewal(Struct, frozen=True, tag="renewal", tag_field="record"):
    """The first entry of a renewed journal. All records of the journal before follow, each at its
    position."""

    generation: int
    """Number of this journal: the position after `base_seq`, so that no two attempts share one.
    The first journal of a cell, number 1, has no such entry."""
    base_seq: int
    """Position of the newest record of the journal before when the renewal began. What had been
    erased by then is left out."""
    base_hash: str
    """Hash of that record."""
    began_at: Instant
    term: int = 0
    seq: int = 0
    prev_hash: str = GENESIS_HASH


Record = Claim | Commit | Barrier | Resign | Moved | Renewal

_decoder: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)
_encoder: Final = msgspec.json.Encoder()


class UnreadableRecord(Exception):
    """The bytes are not a record that this version can read."""


def encode_record(record: Record) -> bytes:
    return _encoder.encode(record)


def decode_record(payload: bytes) -> Record:
    """Return the record. Raises UnreadableRecord if the bytes are not one, or if its time is
    out of range."""
    try:
        record = _decoder.decode(payload)
    except UNDECODABLE as error:
        raise UnreadableRecord(str(error)) from error
    if isinstance(record, Commit | Barrier) and not is_in_range(record.decided_at):
        raise UnreadableRecord(f"decided at {record.decided_at}")
    if isinstance(record, Commit) and "conflicts" in record.outcome.facts:
        _drop_titles(record.outcome.facts["conflicts"])
    return record


def is_its_own_copy(record: Record) -> bool:
    """Return whether decoding the bytes of a record that was made here gives an equal one. Facts
    may hold values that come back in another form, such as times and tuples."""
    return not isinstance(record, Commit) or not record.outcome.facts


def _drop_titles(conflicts: Any) -> None:
    """Drop the titles of announcements, which earlier builds recorded with an overlap."""
    for one in conflicts if isinstance(conflicts, list) else ():
        if isinstance(one, dict):
            one.pop("title", None)


def hash_record(payload: bytes) -> str:
    """Return the hash that the next record has as its `prev_hash`, hexadecimal."""
    return sha256(payload).hexdigest()
