"""Tests what every journal adapter promises.

A subclass with a `journal` fixture runs these tests: an empty journal that is closed afterwards.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import pytest

from contracts.journal.records import CARRIED_BYTES_MAX
from runtime.journal.port import (
    EntryTooLarge,
    Journal,
    JournalCursor,
    JournalEntry,
    JournalExists,
    JournalTruncated,
    JournalWriter,
    WriterLost,
)
from tests.waiting import WITHIN_S

OVERSIZE: Final = b"x" * 2_000_000


async def read(cursor: JournalCursor, count: int) -> list[JournalEntry]:
    """The next `count` entries, however they are cut into fetches."""
    entries: list[JournalEntry] = []
    async with asyncio.timeout(WITHIN_S):
        while len(entries) < count:
            entries += await cursor.fetch(0.5)
    return entries


async def read_from_start(journal: Journal, count: int) -> list[JournalEntry]:
    cursor = await journal.open_cursor(0)
    try:
        return await read(cursor, count)
    finally:
        await cursor.close()


async def append_all(writer: JournalWriter, payloads: Sequence[bytes]) -> None:
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(*[writer.append(payload) for payload in payloads])


def numbered(name: str, count: int) -> list[bytes]:
    return [f"{name} {number}".encode() for number in range(count)]


def payloads_of(entries: Sequence[JournalEntry]) -> list[bytes]:
    return [entry.payload for entry in entries]


class JournalContract:
    async def test_entries_lie_in_the_order_of_the_calls(self, journal: Journal) -> None:
        payloads = numbered("entry", 2_000)
        writer = await journal.open_writer()
        await append_all(writer, payloads)
        entries = await read_from_start(journal, len(payloads))
        await writer.close()
        assert payloads_of(entries) == payloads
        assert [entry.offset for entry in entries] == list(range(len(payloads)))

    async def test_a_place_tells_where_and_when_the_entry_is_read(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        places = [await writer.append(payload) for payload in numbered("entry", 3)]
        entries = await read_from_start(journal, 3)
        await writer.close()
        assert [(entry.offset, entry.stamp_ms) for entry in entries] == places

    async def test_concurrent_appenders_each_keep_their_order(self, journal: Journal) -> None:
        writer = await journal.open_writer()

        async def append_one_by_one(name: str) -> None:
            for payload in numbered(name, 50):
                await writer.append(payload)

        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*[append_one_by_one(f"task{task}") for task in range(8)])
        entries = await read_from_start(journal, 400)
        await writer.close()
        for task in range(8):
            name = f"task{task}"
            own = [payload for payload in payloads_of(entries) if payload.startswith(name.encode())]
            assert own == numbered(name, 50)

    async def test_two_writers_at_once_each_keep_their_order(self, journal: Journal) -> None:
        first, second = await journal.open_writer(), await journal.open_writer()
        await asyncio.gather(
            append_all(first, numbered("first", 300)), append_all(second, numbered("second", 300))
        )
        payloads = payloads_of(await read_from_start(journal, 600))
        await first.close()
        await second.close()
        assert [payload for payload in payloads if payload.startswith(b"f")] == numbered(
            "first", 300
        )
        assert [payload for payload in payloads if payload.startswith(b"s")] == numbered(
            "second", 300
        )

    async def test_a_waiting_cursor_wakes_with_the_entry(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        await writer.append(b"warm")
        cursor = await journal.open_cursor(0)
        await read(cursor, 1)
        for payload in numbered("entry", 5):
            waiting = asyncio.create_task(cursor.fetch(2 * WITHIN_S))
            await writer.append(payload)
            async with asyncio.timeout(WITHIN_S):
                assert payloads_of(await waiting) == [payload]
        await cursor.close()
        await writer.close()

    async def test_an_idle_journal_gives_an_empty_fetch(self, journal: Journal) -> None:
        cursor = await journal.open_cursor(0)
        async with asyncio.timeout(WITHIN_S):
            assert not await cursor.fetch(0.05)
        await cursor.close()

    async def test_a_cursor_starts_where_it_is_opened(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        await append_all(writer, numbered("entry", 10))
        cursor = await journal.open_cursor(7)
        assert payloads_of(await read(cursor, 3)) == numbered("entry", 10)[7:]
        await cursor.close()
        await writer.close()

    async def test_seeking_back_reads_the_same_entries_again(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        await append_all(writer, numbered("entry", 100))
        cursor = await journal.open_cursor(0)
        first = await read(cursor, 100)
        await cursor.seek(40)
        again = await read(cursor, 60)
        await writer.append(b"next")
        assert again == first[40:]
        assert payloads_of(await read(cursor, 1)) == [b"next"]
        await cursor.close()
        await writer.close()

    async def test_the_end_can_be_waited_at_but_nothing_read_beyond(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        await append_all(writer, numbered("entry", 5))
        cursor = await journal.open_cursor(5)
        assert not await cursor.fetch(0.05)
        await cursor.seek(6)
        with pytest.raises(JournalTruncated):
            await read(cursor, 1)
        await cursor.close()
        await writer.close()

    async def test_the_end_is_the_offset_of_the_next_entry(self, journal: Journal) -> None:
        assert await journal.end() == 0
        writer = await journal.open_writer()
        await append_all(writer, numbered("entry", 3))
        assert await journal.end() == 3
        assert (await writer.append(b"next")).offset == 3
        await writer.close()

    async def test_an_oversize_entry_is_refused_and_the_writer_stays_good(
        self, journal: Journal
    ) -> None:
        writer = await journal.open_writer()
        before, oversize, after = [
            writer.append(payload) for payload in (b"before", OVERSIZE, b"after")
        ]
        with pytest.raises(EntryTooLarge):
            await oversize
        assert ((await before).offset, (await after).offset) == (0, 1)
        assert payloads_of(await read_from_start(journal, 2)) == [b"before", b"after"]
        await writer.close()

    async def test_the_largest_allowed_entry_is_stored(self, journal: Journal) -> None:
        payload = b"x" * 900_000
        writer = await journal.open_writer()
        await append_all(writer, [payload, payload])
        assert payloads_of(await read_from_start(journal, 2)) == [payload, payload]
        await writer.close()

    async def test_a_closed_writer_appends_nothing(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        await writer.append(b"before")
        await writer.close()
        await writer.close()
        with pytest.raises(WriterLost):
            await writer.append(b"after")
        assert await journal.end() == 1

    async def test_a_fresh_writer_goes_on_behind_a_closed_one(self, journal: Journal) -> None:
        for expected in range(3):
            writer = await journal.open_writer()
            assert (await writer.append(b"entry")).offset == expected
            await writer.close()

    async def test_a_later_log_is_made_listed_and_dropped(self, journal: Journal) -> None:
        writer = await journal.open_writer()
        await append_all(writer, [b"first"])
        await writer.close()
        later = journal.at_generation(120)
        assert (journal.generation, later.generation) == (1, 120)
        await later.create()
        assert await journal.list_generations() == [1, 120]
        assert await later.end() == 0
        with pytest.raises(JournalExists):
            await later.create()
        for _ in range(2):  # The second time there is nothing to drop.
            await journal.drop()
        assert await later.list_generations() == [120]
        assert await later.end() == 0

    async def test_logs_do_not_share_entries(self, journal: Journal) -> None:
        later = journal.at_generation(7)
        await later.create()
        first, second = await journal.open_writer(), await later.open_writer()
        await append_all(first, numbered("first", 3))
        await append_all(second, numbered("second", 2))
        assert payloads_of(await read_from_start(journal, 3)) == numbered("first", 3)
        assert payloads_of(await read_from_start(later, 2)) == numbered("second", 2)
        await first.close()
        await second.close()

    async def test_a_later_log_has_room_for_what_carrying_adds(self, journal: Journal) -> None:
        later = journal.at_generation(2)
        await later.create()
        writer = await later.open_writer()
        await append_all(writer, [b"x" * CARRIED_BYTES_MAX])
        await writer.close()
