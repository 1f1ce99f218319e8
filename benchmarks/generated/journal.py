"""Turns generated Commits into the entries of a journal: chained, after a Claim."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from benchmarks.generated.history import GeneratedHistory, find_begin
from contracts.journal.records import GENESIS_HASH, Claim, Commit, encode_record, hash_record
from contracts.values.times import to_ms
from runtime.journal import sqlite_file
from runtime.journal.port import JournalEntry

ENTRIES_AT_ONCE: Final = 5_000
RECORDS_A_PERSON: Final = 20


def generate_entries(commits: Iterable[Commit]) -> Iterator[JournalEntry]:
    """Yield a Claim, and the Commits as records that follow it, each with a key of its own."""
    claim = Claim(term=1, seq=1, prev_hash=GENESIS_HASH, nonce="generated", leader_url="")
    payload = encode_record(claim)
    yield JournalEntry(0, 0, payload)
    for seq, commit in enumerate(commits, 2):
        command = replace(commit.command, id=f"{seq:036}", idempotency_key=f"{seq:036}")
        command = replace(command, fingerprint=GENESIS_HASH, query_fingerprint="")
        record = replace(commit, seq=seq, prev_hash=hash_record(payload), command=command)
        payload = encode_record(record)
        yield JournalEntry(seq - 1, to_ms(commit.decided_at), payload)


def generate_recent(records: int, live: int) -> Iterator[JournalEntry]:
    """Return so many entries of a history with as many live announcements as `live`, which ends
    about now."""
    history = GeneratedHistory(
        people=max(1_000, records // RECORDS_A_PERSON),
        begin=find_begin(datetime.now(UTC), records, live),
    )
    return islice(generate_entries(history.commits_by_time(live)), records)


def write_journal(path: Path, entries: Iterable[JournalEntry]) -> None:
    """Write the entries to a new SQLite journal."""
    connection = sqlite_file.open_for_writing(path)
    remaining = iter(entries)
    while part := list(islice(remaining, ENTRIES_AT_ONCE)):
        sqlite_file.commit(connection, part)
    connection.close()
