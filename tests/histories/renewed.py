"""Renews a log that a test holds as a list, as a command process does it."""

from collections.abc import Mapping, Sequence

from contracts.journal.acceptance import GENESIS, ReaderState, accept
from contracts.journal.concealment import NO_SECRET
from contracts.journal.records import (
    Moved,
    Record,
    Renewal,
    decode_record,
    encode_record,
    hash_record,
)
from contracts.journal.renewal import Renewing
from contracts.values.ids import PersonId
from tests.histories.chain import BEGIN


def read_log(payloads: Sequence[bytes]) -> list[tuple[Record, ReaderState]]:
    """Return the records that count, each with the state after it."""
    state, counted = GENESIS, []
    for payload in payloads:
        record = decode_record(payload)
        if (after := accept(state, record, hash_record(payload))) is not None:
            state = after
            counted.append((record, state))
    return counted


def close_log(payloads: Sequence[bytes], generation: int) -> list[bytes]:
    """Return the log with a Moved at its end."""
    state = read_log(payloads)[-1][1]
    return [*payloads, encode_record(Moved(state.term, state.seq + 1, state.hash, generation))]


def renew_log(
    payloads: Sequence[bytes],
    generation: int,
    erasures: Mapping[PersonId, int] | None = None,
    header: Renewal | None = None,
) -> list[bytes]:
    """Return the renewed log, with this first entry or with one of its own."""
    counted = [one for one in read_log(payloads) if not isinstance(one[0], Renewal)]
    base = counted[-1][1]
    first = encode_record(header or Renewal(generation, base.seq, base.hash, BEGIN))
    renewing = Renewing(ReaderState(hash=hash_record(first)), erasures or {}, NO_SECRET.conceal)
    return [first, *(renewing.renew(record, state).payload for record, state in counted)]
