"""The tail gives accepted records only, and stops when what it accepted is gone (R4)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import GENESIS_HASH, Barrier, Claim, encode_record, hash_record
from runtime.journal.port import (
    Journal,
)
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import Accepted, Position, Tail
from tests.histories.list_journal import ListJournal
from tests.waiting import WITHIN_S

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)


def chain(length: int, *, nonce: str = "n1") -> list[bytes]:
    """A claim of the first term and barriers behind it."""
    claim = Claim(term=1, seq=1, prev_hash=GENESIS_HASH, nonce=nonce, leader_url="")
    payloads = [encode_record(claim)]
    for seq in range(2, length + 1):
        previous = hash_record(payloads[-1])
        payloads.append(encode_record(Barrier(1, seq, previous, decided_at=NOON)))
    return payloads


LATE_CLAIM: Final = encode_record(
    Claim(term=1, seq=1, prev_hash=GENESIS_HASH, nonce="late", leader_url="")
)


async def fetch_all(tail: Tail) -> list[Accepted]:
    """All there is now. Two fetches, because one may only have looked at the anchor."""
    return [*await tail.fetch(0), *await tail.fetch(0)]


def seqs(accepted: Sequence[Accepted]) -> list[int]:
    return [one.position.state.seq for one in accepted]


async def position_after(journal: Journal) -> Position:
    tail = Tail(journal)
    await fetch_all(tail)
    await tail.close()
    return tail.position


async def test_accepted_records_come_in_order_with_their_positions() -> None:
    accepted = await fetch_all(Tail(ListJournal(chain(3))))
    assert seqs(accepted) == [1, 2, 3]
    assert [one.position.offset for one in accepted] == [0, 1, 2]
    assert [hash_record(payload) for payload in chain(3)] == [
        one.position.state.hash for one in accepted
    ]


async def test_what_does_not_count_is_left_out_and_counted_once() -> None:
    journal = ListJournal([*chain(2), LATE_CLAIM, LATE_CLAIM])
    tail = Tail(journal, recheck_s=0)
    assert seqs(await fetch_all(tail)) == [1, 2]
    await fetch_all(tail)  # Reads the two behind the anchor again.
    assert tail.ignored == 2


async def test_a_stored_position_goes_on_behind_it() -> None:
    position = await position_after(ListJournal(chain(2)))
    accepted = await fetch_all(Tail(ListJournal(chain(4)), position))
    assert seqs(accepted) == [3, 4]


async def test_new_records_arrive_while_the_anchor_is_checked_all_the_time() -> None:
    journal = ListJournal()
    tail = Tail(journal, recheck_s=0)
    for length in range(1, 6):
        journal.payloads = chain(length)
        assert seqs(await fetch_all(tail)) == [length]


@pytest.mark.parametrize("length", [0, 1, 2])
async def test_a_journal_shorter_than_the_position_is_broken(length: int) -> None:
    position = await position_after(ListJournal(chain(3)))
    with pytest.raises(JournalBroken):
        await fetch_all(Tail(ListJournal(chain(length)), position))


async def test_a_journal_that_was_replaced_by_another_is_broken() -> None:
    position = await position_after(ListJournal(chain(3)))
    with pytest.raises(JournalBroken, match="another one"):
        await fetch_all(Tail(ListJournal(chain(5, nonce="other")), position))


async def test_a_running_tail_notices_truncation_at_its_next_check() -> None:
    journal = ListJournal(chain(3))
    tail = Tail(journal, recheck_s=0)
    await fetch_all(tail)
    del journal.payloads[1:]
    with pytest.raises(JournalBroken):
        await fetch_all(tail)


async def test_a_running_tail_notices_truncation_that_has_grown_again() -> None:
    journal = ListJournal(chain(3))
    tail = Tail(journal, recheck_s=0)
    await fetch_all(tail)
    journal.payloads = chain(9, nonce="other")
    with pytest.raises(JournalBroken):
        await fetch_all(tail)


async def test_an_unreachable_journal_is_waited_for() -> None:
    journal = ListJournal(chain(2))
    tail = Tail(journal)
    assert seqs(await fetch_all(tail)) == [1, 2]
    journal.reachable = False
    assert await tail.fetch(0) == []
    assert not tail.available
    journal.payloads, journal.reachable = chain(3), True
    assert seqs(await fetch_all(tail)) == [3]
    assert tail.available


async def test_a_reconnect_checks_the_anchor_however_recent_the_last_check() -> None:
    journal = ListJournal(chain(2))
    tail = Tail(journal, recheck_s=3600)
    await fetch_all(tail)
    journal.reachable = False
    await tail.fetch(0)
    journal.payloads, journal.reachable = chain(4, nonce="other"), True
    with pytest.raises(JournalBroken):
        await fetch_all(tail)


async def test_an_anchor_that_has_not_arrived_yet_is_not_missing() -> None:
    position = await position_after(ListJournal(chain(2)))
    journal = ListJournal(chain(3))
    tail = Tail(journal, position)
    journal.delayed = True
    assert await tail.fetch(0) == []
    assert seqs(await fetch_all(tail)) == [3]


async def test_an_unreadable_record_stops_the_reader() -> None:
    with pytest.raises(JournalBroken, match="unreadable"):
        await fetch_all(Tail(ListJournal([*chain(1), b"not a record"])))


class TestOnSqlite:
    """The same on a real adapter: a data directory that was restored from an old copy."""

    async def write(self, path: Path, payloads: Sequence[bytes]) -> None:
        journal = SqliteJournal(path)
        writer = await journal.open_writer()
        for payload in payloads:
            await writer.append(payload)
        await journal.close()

    async def test_a_position_goes_on_in_the_next_process(self, tmp_path: Path) -> None:
        path = tmp_path / "journal.sqlite"
        await self.write(path, chain(3))
        journal = SqliteJournal(path)
        position = await position_after(journal)
        await journal.close()
        await self.write(path, chain(5)[3:])
        journal = SqliteJournal(path)
        assert seqs(await fetch_all(Tail(journal, position))) == [4, 5]
        await journal.close()

    @pytest.mark.parametrize("restored", [chain(2), chain(6, nonce="other"), []])
    async def test_an_older_or_another_journal_is_broken(
        self, tmp_path: Path, restored: list[bytes]
    ) -> None:
        await self.write(tmp_path / "first.sqlite", chain(4))
        first = SqliteJournal(tmp_path / "first.sqlite")
        position = await position_after(first)
        await first.close()
        if restored:
            await self.write(tmp_path / "second.sqlite", restored)
        second = SqliteJournal(tmp_path / "second.sqlite")
        with pytest.raises(JournalBroken):
            await fetch_all(Tail(second, position))
        await second.close()

    async def test_a_waiting_tail_wakes_with_the_commit(self, tmp_path: Path) -> None:
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        writer = await journal.open_writer()
        tail = Tail(journal)
        assert await tail.fetch(0) == []
        waiting = asyncio.create_task(tail.fetch(WITHIN_S))
        await writer.append(chain(1)[0])
        assert seqs(await waiting) == [1]
        await journal.close()


async def test_a_position_is_confirmed_once_its_record_was_found() -> None:
    journal = ListJournal(chain(3))
    assert Tail(journal).confirmed  # There is no record to find.
    tail = Tail(journal, await position_after(journal))
    assert not tail.confirmed
    await fetch_all(tail)
    assert tail.confirmed
    await tail.close()
    assert not tail.confirmed
