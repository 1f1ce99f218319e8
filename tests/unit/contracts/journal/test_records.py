"""Records of the journal: what is stored, and that it can be read again for ever."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from contracts.journal.records import (
    Barrier,
    Claim,
    CommandInfo,
    Commit,
    Outcome,
    Record,
    Resign,
    UnreadableRecord,
    decode_record,
    encode_record,
    hash_record,
)
from contracts.values.ids import BookingId

AT = datetime(2026, 3, 1, 19, 30, 0, 125_000, UTC)
HASH = "ab" * 32

STORED: list[tuple[Record, str]] = [
    (
        Claim(term=2, seq=8, prev_hash=HASH, nonce="n0", leader_url="http://a"),
        f'{{"record":"claim","term":2,"seq":8,"prev_hash":"{HASH}","nonce":"n0",'
        '"leader_url":"http://a"}',
    ),
    (
        Barrier(term=2, seq=9, prev_hash=HASH, decided_at=AT),
        f'{{"record":"barrier","term":2,"seq":9,"prev_hash":"{HASH}",'
        '"decided_at":"2026-03-01T19:30:00.125000Z"}',
    ),
    (
        Commit(
            term=2,
            seq=10,
            prev_hash=HASH,
            decided_at=AT,
            command=CommandInfo("c", "request_booking", "p", "k", "f"),
            outcome=Outcome("created", created=True, booking_id=BookingId("b")),
            events=(Raw(b'{"type":"booking.requested.v1"}'),),
        ),
        f'{{"record":"commit","term":2,"seq":10,"prev_hash":"{HASH}",'
        '"decided_at":"2026-03-01T19:30:00.125000Z",'
        '"command":{"id":"c","kind":"request_booking","actor":"p","idempotency_key":"k",'
        '"fingerprint":"f"},"outcome":{"code":"created","created":true,"booking_id":"b"},'
        '"events":[{"type":"booking.requested.v1"}]}',
    ),
    (
        Resign(term=2, seq=11, prev_hash=HASH),
        f'{{"record":"resign","term":2,"seq":11,"prev_hash":"{HASH}"}}',
    ),
]

counts = st.integers(0, 2**63 - 1)
texts = st.text(max_size=20)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
instants = st.integers(0, 2**41).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
raw_events = st.dictionaries(texts, json_values, max_size=3).map(
    lambda event: Raw(json.dumps(event, ensure_ascii=False).encode())
)
outcomes = st.builds(
    Outcome,
    code=texts,
    refused=st.booleans(),
    created=st.booleans(),
    announcement_id=st.none() | texts,
    booking_id=st.none() | texts,
    facts=st.dictionaries(texts, json_values, max_size=3),
)
chain = {"term": counts, "seq": counts, "prev_hash": hashes}
records: st.SearchStrategy[Record] = st.one_of(
    st.builds(Claim, **chain, nonce=texts, leader_url=texts),
    st.builds(Barrier, **chain, decided_at=instants),
    st.builds(Resign, **chain),
    st.builds(
        Commit,
        **chain,
        decided_at=instants,
        command=st.builds(CommandInfo, texts, texts, texts, texts, texts),
        outcome=outcomes,
        events=st.lists(raw_events, max_size=3).map(tuple),
    ),
)


@pytest.mark.parametrize(("record", "stored"), STORED)
def test_the_stored_form_is_this(record: Record, stored: str) -> None:
    assert encode_record(record).decode() == stored
    assert decode_record(stored.encode()) == record


@given(records)
def test_a_record_is_read_back_as_it_was_written(record: Record) -> None:
    payload = encode_record(record)
    assert decode_record(payload) == record
    assert encode_record(decode_record(payload)) == payload


@given(records, records)
def test_hashes_are_equal_exactly_where_the_bytes_are(one: Record, other: Record) -> None:
    a, b = encode_record(one), encode_record(other)
    assert (hash_record(a) == hash_record(b)) == (a == b)


def test_a_hash_is_what_sha256sum_prints() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert hash_record(b"") == empty


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_unreadable_and_nothing_worse(payload: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        decode_record(payload)


@given(records, st.data())
def test_a_record_that_was_cut_short_is_unreadable(record: Record, data: st.DataObject) -> None:
    payload = encode_record(record)
    with pytest.raises(UnreadableRecord):
        decode_record(payload[: data.draw(st.integers(0, len(payload) - 1))])


def test_a_record_of_an_unknown_kind_is_unreadable() -> None:
    with pytest.raises(UnreadableRecord):
        decode_record(f'{{"record":"pardon","term":2,"seq":11,"prev_hash":"{HASH}"}}'.encode())


def test_a_field_added_by_a_later_version_does_not_disturb() -> None:
    stored = f'{{"record":"resign","term":2,"seq":11,"prev_hash":"{HASH}","why":"upgrade"}}'
    assert decode_record(stored.encode()) == Resign(2, 11, HASH)


@pytest.mark.parametrize(
    "decided_at",
    ["2030-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)
def test_a_time_that_no_clock_has_shown_is_a_broken_frame(decided_at: str) -> None:
    barrier = {"record": "barrier", "term": 1, "seq": 2, "prev_hash": "", "decided_at": decided_at}
    with pytest.raises(UnreadableRecord):
        decode_record(json.dumps(barrier).encode())


def test_a_frame_nested_without_end_is_broken() -> None:
    nested = b"[" * 30_000 + b"]" * 30_000
    with pytest.raises(UnreadableRecord):
        decode_record(b'{"record":"commit","events":[' + nested + b"]}")


def test_titles_that_an_earlier_build_recorded_with_an_overlap_are_dropped() -> None:
    times = {"event_time": "2026-03-01T19:30:00Z", "ends_at": "2026-03-01T21:30:00Z"}
    full = {"announcement_id": "a", "title": "My birthday", **times}
    commit = Commit(
        term=2,
        seq=10,
        prev_hash=HASH,
        decided_at=AT,
        command=CommandInfo("c", "booking.request", "p", "k", "f"),
        outcome=Outcome("overlap", refused=True, facts={"conflicts": [full, times, "?"]}),
    )
    read = decode_record(encode_record(commit))
    assert isinstance(read, Commit)
    assert read.outcome.facts == {"conflicts": [{"announcement_id": "a", **times}, times, "?"]}
