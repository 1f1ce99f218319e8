"""What a record becomes in a renewed journal, and how a reader recognises it there."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from contracts.events.person import PersonErased, PersonSeen, PersonSuspended
from contracts.events.stored import codec
from contracts.events.stored.base import Event
from contracts.events.stored.codec import decode_events
from contracts.journal.acceptance import GENESIS, ReaderState, accept
from contracts.journal.concealment import NO_SECRET
from contracts.journal.records import (
    Barrier,
    Carried,
    Claim,
    Commit,
    Moved,
    Outcome,
    Record,
    Renewal,
    Resign,
    decode_record,
    encode_record,
    hash_record,
)
from contracts.journal.renewal import (
    ERASED,
    FORMAT,
    PROOFS_MAX,
    Renewing,
    find_erased,
    prove,
    recognise,
    replace_nonce,
)
from contracts.values.ids import SYSTEM, PersonId
from contracts.values.personal import ERASED_NAME
from tests.histories.chain import BEGIN, Chain
from tests.histories.renewed import close_log, read_log, renew_log

ANNA: Final = PersonId("00000000-0000-4000-8000-00000000000a")
BORIS: Final = PersonId("00000000-0000-4000-8000-00000000000b")
UNKNOWN: Final = {"type": "person.knighted.v9", "person_id": ANNA, "name": "Anna"}


def seen(person_id: PersonId, name: str) -> PersonSeen:
    return PersonSeen(person_id=person_id, name=name)


@pytest.fixture
def chain() -> Chain:
    """Anna is seen, suspended, erased, and seen again; Boris is there all the time."""
    chain = Chain()
    chain.commit(seen(ANNA, "Anna"), seen(BORIS, "Boris"), actor=ANNA)
    chain.commit(PersonSuspended(person_id=ANNA, reason="was rude"), actor=BORIS)
    chain.commit(UNKNOWN, actor=ANNA)
    chain.commit(PersonErased(person_id=ANNA))
    chain.commit(seen(ANNA, "Anna again"), actor=ANNA)
    chain.barrier(BEGIN)
    return chain


def erasures_in(chain: Chain) -> dict[PersonId, int]:
    return {person: commit.seq for commit in chain.commits for person in find_erased(commit)}


def commits_in(payloads: Sequence[bytes]) -> list[Commit]:
    return [record for record, _ in read_log(payloads) if isinstance(record, Commit)]


def events_in(commit: Commit) -> list[Event]:
    return list(decode_events(commit.events))


def why(commit: Commit) -> tuple[str, ...]:
    assert isinstance(commit.carried, Carried)
    return commit.carried.why


def test_every_record_keeps_its_place_its_term_and_its_time(chain: Chain) -> None:
    old, new = read_log(chain.payloads), read_log(renew_log(chain.payloads, 9))
    assert isinstance(new[0][0], Renewal)
    assert [(one.record, one.term, one.seq) for one in map(place, old)] == [
        (one.record, one.term, one.seq) for one in map(place, new[1:])
    ]
    before, after = commits_in(chain.payloads), commits_in(renew_log(chain.payloads, 9))
    assert [one.decided_at for one in before] == [one.decided_at for one in after]
    assert [one.outcome for one in before] == [one.outcome for one in after]


class Placed(msgspec.Struct):
    record: str
    term: int
    seq: int


def place(counted: tuple[Record, ReaderState]) -> Placed:
    record, state = counted
    return Placed(type(record).__name__, state.term, state.seq)


def test_texts_from_before_the_erasure_are_left_out_and_later_ones_stay(chain: Chain) -> None:
    new = commits_in(renew_log(chain.payloads, 9, erasures_in(chain)))
    assert events_in(new[0]) == [seen(ANNA, ERASED_NAME), seen(BORIS, "Boris")]
    assert events_in(new[1])[0] != PersonSuspended(person_id=ANNA, reason="was rude")
    assert events_in(new[4]) == [seen(ANNA, "Anna again")]
    assert b"was rude" not in b"".join(renew_log(chain.payloads, 9, erasures_in(chain)))


def test_a_record_says_why_it_was_changed(chain: Chain) -> None:
    new = commits_in(renew_log(chain.payloads, 9, erasures_in(chain)))
    both = (ERASED, FORMAT)  # All but the system's commands had a bare fingerprint.
    assert [why(one) for one in new] == [both, both, (FORMAT,), (), (FORMAT,)]


def test_the_request_id_that_an_erased_person_chose_is_left_out_up_to_the_erasure() -> None:
    chain = Chain()
    for actor, event in (
        (ANNA, seen(ANNA, "Anna")),
        (BORIS, seen(BORIS, "Boris")),
        (SYSTEM, PersonErased(person_id=ANNA)),
        (ANNA, seen(ANNA, "Anna again")),
    ):
        chain.commit(event, actor=actor, traceparent=f"00-{'f' * 32}-{chain.seq:016x}-00")
    old = commits_in(chain.payloads)
    new = commits_in(renew_log(chain.payloads, 9, erasures_in(chain)))
    assert new[0].command.traceparent == ""
    assert ERASED in why(new[0])
    kept = [one.command.traceparent for one in old[1:]]
    assert all(kept)
    assert [one.command.traceparent for one in new[1:]] == kept
    assert all(ERASED not in why(one) for one in new[1:])


def test_an_event_that_nobody_can_read_is_carried_as_it_is(chain: Chain) -> None:
    old, new = commits_in(chain.payloads), commits_in(renew_log(chain.payloads, 9))
    assert bytes(new[2].events[0]) == bytes(old[2].events[0])


def test_keys_and_fingerprints_are_concealed(chain: Chain) -> None:
    old, new = commits_in(chain.payloads)[0], commits_in(renew_log(chain.payloads, 9))[0]
    assert new.command == NO_SECRET.conceal(old.command)
    assert new.command != old.command
    assert FORMAT in why(new)


def test_titles_in_the_facts_of_an_earlier_build_are_left_out_and_that_is_said() -> None:
    chain = Chain()
    titled = {"role": "host", "title": "Mine"}
    for conflicts in ([titled], [{"role": "host"}]):
        facts = {"conflicts": conflicts}
        chain.commit(outcome=Outcome("overlap", refused=True, facts=facts))
    payloads = renew_log(chain.payloads, 9)
    assert b"Mine" in b"".join(chain.payloads)
    assert b"Mine" not in b"".join(payloads)
    assert [why(one) for one in commits_in(payloads)] == [(FORMAT,), ()]


def test_an_event_of_an_old_version_becomes_the_present_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def upcast(event: dict[str, str]) -> dict[str, str]:
        return {"type": "person.seen.v1", "person_id": event["id"], "name": event["name"]}

    monkeypatch.setitem(codec.UPCASTERS, "person.seen.v0", upcast)
    chain = Chain()
    old: dict[str, Any] = {"type": "person.seen.v0", "id": ANNA, "name": "Anna"}
    chain.commit(old, {**old, "id": BORIS, "name": "Boris"}, seen(ANNA, "Anna"))
    new = commits_in(renew_log(chain.payloads, 9, {ANNA: 9}))[0]
    assert events_in(new) == [
        seen(ANNA, ERASED_NAME),
        seen(BORIS, "Boris"),
        seen(ANNA, ERASED_NAME),
    ]
    assert b"person.seen.v0" not in bytes(new.events[1])
    assert why(new) == (ERASED, FORMAT)


def test_the_moved_becomes_a_resign() -> None:
    chain = Chain()
    new = read_log(renew_log(close_log(chain.payloads, 9), 9))
    assert isinstance(new[-1][0], Resign)
    assert not new[-1][1].open


@pytest.mark.parametrize("cut", range(1, 8))
def test_whoever_goes_on_in_the_middle_writes_the_same_bytes(chain: Chain, cut: int) -> None:
    whole = renew_log(chain.payloads, 9, erasures_in(chain))
    state = read_log(whole[: cut + 1])[-1][1] if cut else GENESIS
    renewing = Renewing(state, erasures_in(chain), NO_SECRET.conceal)
    rest = [renewing.renew(*one).payload for one in read_log(chain.payloads)[cut:]]
    assert rest == whole[cut + 1 :]


def test_a_reader_recognises_its_record_after_each_renewal(chain: Chain) -> None:
    second = renew_log(chain.payloads, 9)
    third = renew_log(second, 30)
    for earlier in (chain.payloads, second):
        for _, stored in read_log(earlier):
            if stored.seq:
                found = [
                    state
                    for record, after in read_log(third)
                    if (state := recognise(stored, record, after.hash))
                ]
                assert found == [read_log(third)[stored.seq][1]]


def test_another_record_at_the_same_place_is_not_recognised(chain: Chain) -> None:
    new = read_log(renew_log(chain.payloads, 9))
    stored = read_log(chain.payloads)[2][1]
    record, after = new[stored.seq]
    assert recognise(stored, record, after.hash) == after
    assert recognise(replace(stored, hash="0" * 64), record, after.hash) is None
    assert recognise(replace(stored, nonce="a guess"), record, after.hash) is None
    assert recognise(stored, *other(new, stored.seq + 1)) is None


def other(log: list[tuple[Record, ReaderState]], seq: int) -> tuple[Record, str]:
    record, after = log[seq]
    return record, after.hash


def test_the_new_journal_does_not_tell_the_old_nonces(chain: Chain) -> None:
    new = renew_log(chain.payloads, 9)
    claim = decode_record(new[1])
    assert isinstance(claim, Claim)
    assert claim.nonce == replace_nonce("nonce")
    assert b'"nonce":"nonce"' not in b"".join(new)
    assert prove(read_log(chain.payloads)[0][1]) != prove(read_log(new)[1][1])


def test_a_record_of_a_live_journal_does_not_mention_renewals() -> None:
    payload = Chain().payloads[0]
    claim = decode_record(payload)
    assert isinstance(claim, Claim)
    assert claim.carried is UNSET
    assert b"carried" not in payload


def test_a_renewal_counts_only_as_the_first_entry() -> None:
    header = encode_record(Renewal(9, 5, "a" * 64, BEGIN))
    renewal = decode_record(header)
    begun = accept(GENESIS, renewal, hash_record(header))
    assert begun == ReaderState(hash=hash_record(header))
    assert accept(begun, renewal, hash_record(header)) is None
    assert accept(read_log(Chain().payloads)[0][1], renewal, hash_record(header)) is None


def test_nothing_counts_after_a_moved() -> None:
    log = close_log(Chain().payloads, 9)
    record, state = read_log(log)[-1]
    assert isinstance(record, Moved)
    assert (state.moved_to, state.open) == (9, False)
    claim = Claim(state.term + 1, state.seq + 1, state.hash, "late", "")
    assert accept(state, claim, "b" * 64) is None
    assert accept(state, Claim(state.term + 7, state.seq + 9, "", "late", ""), "b" * 64) is None


def test_records_stay_small_however_often_the_journal_is_renewed(chain: Chain) -> None:
    """The newest proofs stay, and a reader that slept through as many renewals goes on."""
    log, states = chain.payloads, []
    for generation in range(50, 50 + PROOFS_MAX + 5):
        log = renew_log(log, generation)
        states.append(read_log(log)[-1][1])
    record, here = read_log(log)[-1]
    assert isinstance(record, Barrier)
    assert isinstance(record.carried, Carried)
    assert len(record.carried.was) == PROOFS_MAX
    assert [recognise(one, record, here.hash) for one in states[-2:-5:-1]] == [here] * 3
    assert recognise(states[-PROOFS_MAX - 1], record, here.hash) == here
    assert recognise(states[-PROOFS_MAX - 2], record, here.hash) is None
