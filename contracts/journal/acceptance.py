"""Decides which records of the journal count. One pure function.

Every reader of the journal (leader, follower, projector, notifier, verify, the tests)
folds the raw records through `accept`, so all agree on one history without asking a
broker. docs/architecture.md §1 states the rules R1 to R3 and why they hold.
"""

from typing import Final

from msgspec import Struct

from contracts.journal.records import (
    GENESIS_HASH,
    Barrier,
    Claim,
    Commit,
    Moved,
    Record,
    Renewal,
    Resign,
)


class ReaderState(Struct, frozen=True, gc=False):
    """A reader's knowledge after the last record that it accepted."""

    term: int = 0
    seq: int = 0
    hash: str = GENESIS_HASH
    nonce: str = ""
    open: bool = False
    """Whether the term still takes records: its leader has not resigned."""
    moved_to: int = 0
    """Number of the journal in which the records go on; 0 while they go on in this one."""


GENESIS: Final = ReaderState()


class JournalBroken(Exception):
    """The journal was truncated or edited, or holds a record that this version cannot read.

    Nothing after this point is safe to decide or to project. The process must stop, and a
    person must look (docs/operations.md).
    """

    code = "journal_broken"


def accept(state: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
    """Return the state after `record`, or None if the record does not count.

    `record_hash` is the hash of the record's own bytes. Raises JournalBroken if the record
    proves that accepted history is missing or was changed.
    """
    if state.moved_to:
        return None
    match record:
        case Renewal():
            return ReaderState(hash=record_hash) if state == GENESIS else None
        case Claim():
            term_fits = record.term == state.term + 1
            # Its sender had read no more than what lies before it, and we have read all of that.
            skips_records = record.term > state.term + 1 or (
                term_fits and record.seq > state.seq + 1
            )
        case Commit() | Barrier() | Resign() | Moved():
            term_fits = record.term == state.term and state.open
            skips_records = record.term > state.term
    if skips_records:
        raise JournalBroken(
            f"record of term {record.term} (seq {record.seq}) follows term {state.term}, "
            f"seq {state.seq}: accepted records are missing"
        )
    if not term_fits or record.seq != state.seq + 1:
        return None
    if record.prev_hash != state.hash:
        raise JournalBroken(
            f"record seq {record.seq} of term {record.term} builds on {record.prev_hash}, "
            f"but seq {state.seq} is {state.hash}: the journal was truncated or edited"
        )
    if isinstance(record, Claim):
        return ReaderState(record.term, record.seq, record_hash, record.nonce, open=True)
    return ReaderState(
        state.term,
        record.seq,
        record_hash,
        state.nonce,
        open=not isinstance(record, Resign | Moved),
        moved_to=record.generation if isinstance(record, Moved) else 0,
    )
