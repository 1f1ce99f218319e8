"""The digest of the seat ledger: the same after a renewal, another after any change of a seat."""

from collections.abc import Iterable, Sequence
from random import Random

import pytest
from msgspec.structs import replace

from contracts.events.booking import BookingEvent
from contracts.events.stored.codec import decode_events
from contracts.events.stored.domain_event import DomainEvent
from contracts.journal.records import Commit
from contracts.journal.renewal import find_erased
from contracts.values.personal import ERASED_NAME
from projector.proof.seat_ledger import SeatLedger
from tests.histories.chain import Chain
from tests.histories.erasures import add_erasures
from tests.histories.random_people import RandomPeople
from tests.histories.renewed import read_log, renew_log


def told_in(payloads: Sequence[bytes]) -> list[tuple[int, list[DomainEvent]]]:
    return [
        (record.seq, decode_events(record.events))
        for record, _ in read_log(payloads)
        if isinstance(record, Commit)
    ]


def digest(told: Iterable[tuple[int, list[DomainEvent]]], before: str = "") -> str:
    ledger = SeatLedger(before)
    for seq, events in told:
        ledger.record(seq, events)
    return ledger.digest


def history(seed: int) -> Chain:
    return add_erasures(RandomPeople(seed).live(200).chain, seed)


@pytest.mark.parametrize("seed", range(5))
def test_a_renewal_that_erases_changes_nothing(seed: int) -> None:
    chain = history(seed)
    erasures = {one: commit.seq for commit in chain.commits for one in find_erased(commit)}
    renewed = renew_log(chain.payloads, 9, erasures)
    assert ERASED_NAME in b"".join(renewed).decode()
    assert digest(told_in(renewed)) == digest(told_in(chain.payloads))


def test_any_change_of_a_seat_shows() -> None:
    told = told_in(history(1).payloads)
    before = digest(told)
    random = Random(1)
    places = [
        (number, index)
        for number, (_, events) in enumerate(told)
        for index, event in enumerate(events)
        if isinstance(event, BookingEvent)
    ]
    for number, index in random.sample(places, 20):
        seq, events = told[number]
        event = events[index]
        assert isinstance(event, BookingEvent)
        for other in (
            replace(event, taken=event.taken + 1),
            replace(event, guest_status=not event.guest_status),
        ):
            changed: list[DomainEvent] = [*events]
            changed[index] = other
            assert digest([*told[:number], (seq, changed), *told[number + 1 :]]) != before


def test_it_goes_on_from_an_earlier_digest() -> None:
    told = told_in(history(2).payloads)
    assert digest(told[50:], digest(told[:50])) == digest(told)
