"""A reader goes on in a renewed journal at its own record, wherever it has slept through."""

from typing import Final

import pytest

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import Claim, Resign, encode_record
from runtime.journal.lineage import START, Position, find_place
from runtime.journal.tail import Accepted, Tail
from tests.histories.chain import BEGIN, Chain
from tests.histories.list_journal import ListJournal
from tests.histories.renewed import close_log, read_log, renew_log

SECOND: Final = 9
THIRD: Final = 30


def chain(length: int = 4) -> Chain:
    made = Chain()
    while made.seq < length:
        made.barrier(BEGIN)
    return made


def journal_of(logs: dict[int, list[bytes]]) -> ListJournal:
    journal = ListJournal(logs.get(1, []))
    for number, payloads in logs.items():
        journal.at_generation(number).payloads = list(payloads)
    return journal


async def read_on(tail: Tail, fetches: int = 6) -> list[Accepted]:
    return [one for _ in range(fetches) for one in await tail.fetch(0)]


def seqs(accepted: list[Accepted]) -> list[int]:
    return [one.position.state.seq for one in accepted]


async def position_in(payloads: list[bytes], count: int) -> Position:
    """The position after `count` records."""
    accepted = await read_on(Tail(ListJournal(payloads), pinned=True))
    return accepted[count - 1].position


OLD: Final = close_log(chain().payloads, SECOND)
NEW: Final = renew_log(OLD, SECOND)
NEWEST: Final = renew_log(close_log(NEW[:-1], THIRD), THIRD)


async def test_a_reader_goes_from_log_to_log() -> None:
    tail = Tail(journal_of({1: OLD, SECOND: NEW}))
    accepted = await read_on(tail)
    assert seqs(accepted) == [1, 2, 3, 4, 5]
    assert (tail.log.generation, tail.moved_to) == (SECOND, None)
    assert tail.position == await position_in(NEW, 5)


async def test_a_reader_of_the_new_log_alone_reads_every_position() -> None:
    tail = Tail(journal_of({SECOND: NEW}))
    accepted = await read_on(tail)
    assert seqs(accepted) == [1, 2, 3, 4, 5]
    assert isinstance(accepted[-1].record, Resign)
    assert tail.renewal is not None
    assert tail.renewal.base_seq == 5


@pytest.mark.parametrize("there", [1, 2, 3])
async def test_nothing_follows_a_moved_until_the_new_log_is_whole(there: int) -> None:
    journal = journal_of({1: OLD, SECOND: NEW[:there]})
    tail = Tail(journal)
    assert seqs(await read_on(tail)) == [1, 2, 3, 4, 5]
    assert tail.moved_to == SECOND
    journal.at_generation(SECOND).payloads = list(NEW)
    assert await read_on(tail) == []
    assert tail.moved_to is None


async def test_what_comes_after_a_moved_does_not_count() -> None:
    tail = Tail(journal_of({1: [*OLD, OLD[0], OLD[2]]}))
    assert seqs(await read_on(tail)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
async def test_a_stored_position_is_found_when_its_log_is_gone(count: int) -> None:
    stored = await position_in(OLD, count)
    tail = Tail(journal_of({SECOND: NEW}), stored)
    assert seqs(await read_on(tail)) == list(range(count + 1, 6))
    assert tail.position == await position_in(NEW, 5)


@pytest.mark.parametrize("count", [1, 4])
async def test_two_renewals_may_be_slept_through(count: int) -> None:
    stored = await position_in(OLD, count)
    tail = Tail(journal_of({THIRD: NEWEST}), stored)
    assert seqs(await read_on(tail)) == list(range(count + 1, 6))


async def test_a_position_at_the_moved_goes_on_behind_it() -> None:
    stored = await position_in(OLD, 5)
    tail = Tail(journal_of({1: OLD, SECOND: NEW}), stored)
    assert await read_on(tail) == []
    assert tail.position == await position_in(NEW, 5)


async def test_a_position_in_the_new_log_is_found_while_the_old_one_is_there() -> None:
    stored = await position_in(NEW, 3)
    tail = Tail(journal_of({1: OLD, SECOND: NEW}), stored)
    assert seqs(await read_on(tail)) == [4, 5]
    assert tail.log.generation == SECOND


async def test_a_log_that_vanishes_under_its_reader_is_left() -> None:
    journal = journal_of({1: OLD, SECOND: NEW})
    tail = Tail(journal, recheck_s=0)
    await tail.fetch(0)
    await journal.drop()
    await read_on(tail)
    assert tail.position == await position_in(NEW, 5)


async def test_the_copies_of_several_finishers_count_once() -> None:
    doubled = [*NEW[:3], *NEW[1:4], *NEW[2:], NEW[5]]
    tail = Tail(journal_of({SECOND: doubled}))
    assert seqs(await read_on(tail)) == [1, 2, 3, 4, 5]
    stored = await position_in(OLD, 4)
    place = await find_place(journal_of({SECOND: doubled}), stored)
    assert place is not None
    assert place.position.state == (await position_in(NEW, 4)).state


@pytest.mark.parametrize("count", [2, 4])
async def test_a_position_of_another_journal_is_not_taken_for_a_carried_one(count: int) -> None:
    other = chain()
    other.payloads[1:] = []
    while other.seq < 5:
        other.barrier(BEGIN.replace(hour=1))
    stored = await position_in(other.payloads, count)
    with pytest.raises(JournalBroken):
        await read_on(Tail(journal_of({SECOND: NEW}), stored))


async def test_a_half_made_log_does_not_save_what_the_journal_lost() -> None:
    stored = await position_in(OLD, 4)
    with pytest.raises(JournalBroken):
        await read_on(Tail(journal_of({1: OLD[:2], SECOND: NEW}), stored))


async def test_a_reader_that_has_read_nothing_begins_in_the_oldest_log() -> None:
    place = await find_place(journal_of({1: OLD, SECOND: NEW}), START)
    assert place is not None
    assert (place.log.generation, place.position) == (1, START)


async def test_a_carried_record_is_that_of_a_stored_position() -> None:
    stored = await position_in(OLD, 3)
    accepted = await read_on(Tail(journal_of({SECOND: NEW})))
    assert [one.is_at(stored) for one in accepted] == [False, False, True, False, False]


async def test_a_reader_stays_in_its_log_when_the_journal_was_away() -> None:
    """Whoever leads takes the log of its reader for the one in force."""
    journal = journal_of({1: OLD, SECOND: NEW})
    tail = Tail(journal, recheck_s=0)
    await read_on(tail)
    journal.at_generation(SECOND).reachable = False
    await tail.fetch(0)
    assert not tail.available
    journal.at_generation(SECOND).reachable = True
    assert await tail.find_end() == len(NEW)
    assert tail.log.generation == SECOND


HALF_MADE: Final = renew_log(OLD, SECOND - 1)[:3]


@pytest.mark.parametrize("unused", [{1: []}, {8: HALF_MADE[:1]}, {8: HALF_MADE}])
async def test_a_reader_does_not_begin_in_a_log_that_was_never_in_force(
    unused: dict[int, list[bytes]],
) -> None:
    """A process that was frozen may make one late, and a broker an empty topic."""
    last = read_log(NEW)[-1][1]
    claim = Claim(last.term + 1, last.seq + 1, last.hash, "another nonce", "http://leader")
    journal = journal_of({**unused, SECOND: [*NEW, encode_record(claim)]})
    journal.exists = 1 in unused
    assert seqs(await read_on(Tail(journal))) == [1, 2, 3, 4, 5, 6]
    stored = await position_in(OLD, 4)
    assert seqs(await read_on(Tail(journal, stored))) == [5, 6]


async def test_a_reader_that_has_read_nothing_leaves_a_log_that_is_gone() -> None:
    journal = journal_of({1: OLD[:1], SECOND: NEW})
    tail = Tail(journal, recheck_s=0)
    await tail.find_end()
    await journal.drop()
    assert seqs(await read_on(tail)) == [1, 2, 3, 4, 5]
