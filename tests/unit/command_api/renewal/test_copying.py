"""A copy carries a log over to the next one, from wherever an earlier attempt ended."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from command_api.renewal.copying import PART_RECORDS_MAX, Copy, CopyFailed, cut_at_terms
from contracts.events.person import PersonErased, PersonSeen
from contracts.journal.concealment import NO_SECRET
from contracts.journal.records import Claim, Moved, Renewal, decode_record
from contracts.values.ids import PersonId
from runtime.journal.port import Journal
from runtime.journal.sqlite import SqliteJournal
from runtime.journal.tail import Accepted, Tail
from tests.histories.chain import BEGIN, Chain
from tests.histories.renewed import close_log, read_log, renew_log
from tests.waiting import WITHIN_S

ANNA: Final = PersonId("00000000-0000-4000-8000-00000000000a")
LATER: Final = 40


def told() -> list[bytes]:
    """A log with an erasure, closed."""
    chain = Chain()
    for number in range(15):
        chain.commit(PersonSeen(person_id=ANNA, name=f"Anna {number}"), actor=ANNA)
    chain.commit(PersonErased(person_id=ANNA))
    chain.commit(PersonSeen(person_id=ANNA, name="Anna again"), actor=ANNA)
    return close_log(chain.payloads, LATER)


OLD: Final = told()
HEADER: Final = Renewal(LATER, len(OLD) - 1, read_log(OLD)[-2][1].hash, BEGIN)
ERASED_AT: Final = 17


def expected() -> list[bytes]:
    return renew_log(OLD, LATER, {ANNA: ERASED_AT}, header=HEADER)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    await append(journal, OLD)
    await journal.at_generation(LATER).create()
    yield journal
    await journal.close()


async def append(journal: Journal, payloads: Sequence[bytes]) -> None:
    writer = await journal.open_writer()
    await asyncio.gather(*map(writer.append, payloads))
    await writer.close()


async def entries_of(log: Journal) -> list[bytes]:
    cursor = await log.open_cursor(0)
    return [entry.payload for entry in await cursor.fetch(0.1)]


def copy_of(journal: SqliteJournal) -> Copy:
    return Copy(journal, journal.at_generation(LATER), NO_SECRET.conceal)


async def run(copy: Copy) -> None:
    async with asyncio.timeout(WITHIN_S):
        await copy.run(lambda: 0, asyncio.Event())


async def test_a_copy_begins_with_the_renewal_and_ends_with_the_moved(
    journal: SqliteJournal,
) -> None:
    copy = copy_of(journal)
    await copy.begin(HEADER)
    await run(copy)
    assert await entries_of(journal.at_generation(LATER)) == expected()
    assert copy.position == len(OLD)


@pytest.mark.parametrize("there", [1, 2, 9, 17, 18, len(OLD)])
async def test_another_attempt_goes_on_from_what_is_there(
    journal: SqliteJournal, there: int
) -> None:
    await append(journal.at_generation(LATER), expected()[:there])
    await run(copy_of(journal))
    assert await entries_of(journal.at_generation(LATER)) == expected()


async def test_what_an_earlier_attempt_left_behind_a_gap_does_not_count(
    journal: SqliteJournal,
) -> None:
    new, carried = journal.at_generation(LATER), expected()
    await append(new, [*carried[:5], *carried[7:9]])
    await run(copy_of(journal))
    tail = Tail(new, pinned=True)
    async with asyncio.timeout(WITHIN_S):
        while tail.position.state.seq < len(OLD):
            await tail.fetch(0.1)
    assert tail.position.state == read_log(carried)[-1][1]


async def test_two_processes_may_finish_the_same_log_at_once(journal: SqliteJournal) -> None:
    await append(journal.at_generation(LATER), expected()[:3])
    await asyncio.gather(*(run(copy_of(journal)) for _ in range(3)))
    tail = Tail(journal.at_generation(LATER), pinned=True)
    async with asyncio.timeout(WITHIN_S):
        while tail.position.state.seq < len(OLD):
            await tail.fetch(0.1)
    assert tail.position.state == read_log(expected())[-1][1]


async def test_a_log_without_a_first_entry_cannot_be_gone_on_with(journal: SqliteJournal) -> None:
    with pytest.raises(CopyFailed, match="no first entry"):
        await run(copy_of(journal))


async def test_it_says_when_it_has_caught_up(journal: SqliteJournal) -> None:
    copy, caught_up = copy_of(journal), asyncio.Event()
    await copy.begin(HEADER)
    async with asyncio.timeout(WITHIN_S):
        await copy.run(lambda: 1_000_000, caught_up)
    assert not caught_up.is_set()
    async with asyncio.timeout(WITHIN_S):
        await copy_of(journal).run(lambda: len(OLD), caught_up)
    assert caught_up.is_set()


async def test_a_claim_and_the_last_record_travel_alone(journal: SqliteJournal) -> None:
    tail = Tail(journal, pinned=True)
    records: list[Accepted] = list(await tail.fetch(1.0)) * (PART_RECORDS_MAX // 10)
    parts = list(cut_at_terms(records))
    assert [one for part in parts for one in part] == records
    for part in parts:
        assert len(part) <= PART_RECORDS_MAX
        if any(isinstance(one.record, Claim | Moved) for one in part):
            assert len(part) == 1


def test_the_renewed_log_has_the_texts_of_nobody_erased() -> None:
    assert b"Anna 3" in b"".join(OLD)
    assert b"Anna 3" not in b"".join(expected())
    assert b"Anna again" in b"".join(expected())
    assert isinstance(decode_record(expected()[0]), Renewal)
