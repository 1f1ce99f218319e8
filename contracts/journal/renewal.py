"""Renews records: what each record of a journal becomes in the next journal of the cell.

A renewed journal begins with a Renewal. Then come the records of the journal before, each at its
position, with its term and time, chained anew. Erased texts are left out, as are the trace
contexts that erased persons may have chosen, and old formats are brought up to date. A new record
is a pure function of the old one, the new hash before it and the Renewal, so any process can
finish what another began.

A reader whose last record was of the journal before recognises the same record in the new one
by a *proof*, which needs the nonce of the reign and the old record's hash. Without the nonce a
proof is worth nothing: whoever has only the new journal cannot test a guess of an erased text
by it. Therefore the nonces of carried Claims are replaced, too.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from msgspec import UNSET, Raw, UnsetType
from msgspec.json import decode
from msgspec.structs import replace

from contracts.events.person import PersonErased
from contracts.events.stored.codec import UPCASTERS, UnreadableEvent, decode_event, encode_event
from contracts.events.stored.erasing import erase_stored_words
from contracts.journal.acceptance import ReaderState
from contracts.journal.records import (
    Carried,
    Claim,
    CommandInfo,
    Commit,
    Moved,
    Record,
    Renewal,
    Resign,
    encode_record,
    hash_record,
)
from contracts.values.decoding import UNDECODABLE
from contracts.values.ids import PersonId

PROOF_CHARS: Final = 32
PROOFS_MAX: Final = 32
"""A record has the proofs of so many journals before, so that it stays small however often the
journal is renewed. A reader that slept through more renewals begins anew."""
ERASED: Final = "erased"
"""Texts of erased persons, or the trace context of their request, were left out of the record."""
FORMAT: Final = "format"
"""Something of an older format was brought up to date."""
REASONS: Final = (ERASED, FORMAT)

PERSON_ERASED: Final = b"person.erased.v"
"""Is in the stored bytes of every PersonErased, so that few events have to be decoded."""

UpdateCommand = Callable[[CommandInfo], CommandInfo]
"""Returns the identification of a command in the present format."""


def prove(state: ReaderState) -> str:
    """Return the proof of the last record of `state`. Only who has read its reign can make it."""
    return sha256(f"{state.nonce} {state.hash}".encode()).hexdigest()[:PROOF_CHARS]


def replace_nonce(nonce: str) -> str:
    """Return what stands for a nonce in the next journal. It does not tell the nonce."""
    return sha256(f"carried {nonce}".encode()).hexdigest()[:PROOF_CHARS]


def recognise(stored: ReaderState, record: Record, record_hash: str) -> ReaderState | None:
    """Return the state of a reader in this journal, if `record` is the one at which the reader
    stood in a journal before; None if it is another one."""
    carried = record.carried if not isinstance(record, Moved | Renewal) else UNSET
    if carried is UNSET or record.seq != stored.seq:
        return None
    proof = prove(stored)
    if proof not in carried.was:
        return None
    nonce = stored.nonce
    for _ in range(len(carried.was) - carried.was.index(proof)):
        nonce = replace_nonce(nonce)
    return replace(stored, hash=record_hash, nonce=nonce)


def find_erased(commit: Commit) -> list[PersonId]:
    """Return the persons whose erasure is complete with this Commit."""
    erased = []
    for stored in commit.events:
        if PERSON_ERASED in bytes(stored):
            try:
                event = decode_event(stored)
            except UnreadableEvent:
                continue
            if isinstance(event, PersonErased):
                erased.append(event.person_id)
    return erased


class RenewedRecord(NamedTuple):
    payload: bytes
    state: ReaderState
    """State of a reader of the new journal after the record."""


class Renewing:
    """Turns the records of a journal into those of the next one. Give it each once, in order."""

    def __init__(
        self,
        state: ReaderState,
        erasures: Mapping[PersonId, int],
        update_command: UpdateCommand,
    ) -> None:
        """`state` is that of the new journal's last record. `erasures` tells, of each erased
        person, the position of the last erasure up to the Renewal's `base_seq`."""
        self.state = state
        self._erased = {person for person, seq in erasures.items() if seq > state.seq}
        self._erased_at: dict[int, list[PersonId]] = {}
        for person in self._erased:
            self._erased_at.setdefault(erasures[person], []).append(person)
        self._update_command = update_command

    def renew(self, record: Record, old_state: ReaderState) -> RenewedRecord:
        """Return the record in the new journal. `old_state` is that of a reader of the journal
        before, after the record."""
        self._erased.difference_update(self._erased_at.pop(record.seq, ()))
        renewed = self._renew(record, old_state)
        payload = encode_record(renewed)
        nonce = renewed.nonce if isinstance(renewed, Claim) else self.state.nonce
        self.state = ReaderState(
            renewed.term, renewed.seq, hash_record(payload), nonce, open=old_state.open
        )
        return RenewedRecord(payload, self.state)

    def _renew(self, record: Record, old_state: ReaderState) -> Record:
        proof = prove(old_state)
        match record:
            case Renewal():
                raise ValueError("the first entry of a renewed journal is not carried over")
            case Moved():
                return Resign(record.term, record.seq, self.state.hash, Carried((proof,)))
            case Commit():
                return self._renew_commit(record, old_state)
            case Claim():
                nonce = replace_nonce(record.nonce)
                carried = carry(record.carried, proof)
                return replace(record, prev_hash=self.state.hash, nonce=nonce, carried=carried)
            case _:
                carried = carry(record.carried, proof)
                return replace(record, prev_hash=self.state.hash, carried=carried)

    def _renew_commit(self, commit: Commit, old_state: ReaderState) -> Commit:
        command = self._update_command(commit.command)
        # Decoding, too, brings a record up to date. Then its hash is another one.
        as_it_was = hash_record(encode_record(commit)) == old_state.hash
        why = set() if as_it_was and command == commit.command else {FORMAT}
        if command.actor in self._erased and command.traceparent:
            command = replace(command, traceparent="")
            why.add(ERASED)
        events = []
        for stored in commit.events:
            present = bring_up_to_date(stored)
            if present is not stored:
                why.add(FORMAT)
            without = self._erase(present, commit.command.actor)
            if without is not present:
                why.add(ERASED)
            events.append(without)
        return replace(
            commit,
            prev_hash=self.state.hash,
            command=command,
            events=tuple(events),
            carried=carry(commit.carried, prove(old_state), why),
        )

    def _erase(self, stored: Raw, actor: str) -> Raw:
        if not self._erased:
            return stored
        try:
            return erase_stored_words(stored, PersonId(actor), self._erased)
        except UnreadableEvent:
            return stored  # Nobody can say whose its texts are. It is a dead letter everywhere.


def carry(before: Carried | UnsetType, proof: str, why: Iterable[str] = ()) -> Carried:
    """Return what a carried record says of the journals before."""
    earlier = before if isinstance(before, Carried) else Carried(())
    return Carried((*earlier.was, proof)[-PROOFS_MAX:], tuple(sorted({*earlier.why, *why})))


def bring_up_to_date(stored: Raw) -> Raw:
    """Return the event in its present version; the same object if it is, or cannot be read."""
    if not UPCASTERS:
        return stored
    try:
        if decode(stored, type=dict).get("type") not in UPCASTERS:
            return stored
        return encode_event(decode_event(stored))
    except (*UNDECODABLE, UnreadableEvent):
        return stored
