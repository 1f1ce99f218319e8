"""The simulated journal: what it promises while all is well, and each of its faults."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

import pytest

from contracts.journal.acceptance import JournalBroken
from contracts.journal.records import (
    GENESIS_HASH,
    RECORD_BYTES_MAX,
    Barrier,
    Claim,
    encode_record,
    hash_record,
)
from runtime.journal.port import (
    EntryTooLarge,
    Journal,
    JournalTruncated,
    JournalUnavailable,
    JournalWriter,
    WriterLost,
)
from runtime.journal.tail import Tail
from tests.contract.journal_contract import JournalContract
from tests.simulation.simulated.journal import Faults, SimulatedJournal
from tests.simulation.simulated.loop import EPOCH_MS, TEST, WORLD, SimulationLoop

T = TypeVar("T")

SEEDS = range(30)
A_DAY_MS = 86_400_000


class JournalSetup(NamedTuple):
    loop: SimulationLoop
    journal: SimulatedJournal
    here: Journal
    """The journal as the scenario's own process sees it."""


def simulate(
    scenario: Callable[[JournalSetup], Coroutine[Any, Any, T]], seed: int = 1, **faults: Any
) -> T:
    loop = SimulationLoop(seed)
    journal = SimulatedJournal(loop, Faults(**faults))
    return loop.run(scenario(JournalSetup(loop, journal, journal.connect(TEST))))


def payloads(layer: JournalSetup) -> list[bytes]:
    return [entry.payload for entry in layer.journal.log]


async def outcomes(places: list[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*places, return_exceptions=True)


async def read(journal: Journal, count: int) -> list[bytes]:
    cursor = await journal.open_cursor(0)
    found: list[bytes] = []
    while len(found) < count:
        found += [entry.payload for entry in await cursor.fetch(60)]
    return found


# While all is well


@pytest.mark.parametrize(
    "rule", [name for name in dir(JournalContract) if name.startswith("test_")]
)
def test_it_keeps_the_contract_of_all_journals(rule: str) -> None:
    async def scenario(layer: JournalSetup) -> None:
        await getattr(JournalContract(), rule)(layer.here)

    for seed in SEEDS[:3]:
        simulate(scenario, seed)


def test_entries_lie_and_are_read_in_the_order_of_the_appends() -> None:
    async def scenario(layer: JournalSetup) -> None:
        sent = [b"%d" % number for number in range(300)]
        reading = asyncio.create_task(read(layer.here, len(sent)))
        writer = await layer.here.open_writer()
        places = await asyncio.gather(*(writer.append(payload) for payload in sent))
        assert [place.offset for place in places] == list(range(300))
        assert await reading == sent
        assert await layer.here.end() == 300

    for seed in SEEDS:
        simulate(scenario, seed)


def test_stamps_come_from_the_clock_of_the_broker() -> None:
    async def scenario(layer: JournalSetup) -> None:
        layer.loop.set_clock(WORLD, A_DAY_MS)
        writer = await layer.here.open_writer()
        place = await writer.append(b"entry")
        assert place.stamp_ms == layer.journal.log[0].stamp_ms
        assert EPOCH_MS <= place.stamp_ms - A_DAY_MS < EPOCH_MS + 100

    simulate(scenario)


def test_two_writers_interleave_in_many_ways_and_keep_their_own_order() -> None:
    async def write(journal: Journal, name: bytes) -> None:
        writer = await journal.open_writer()
        for number in range(4):
            writer.append(name + b"%d" % number)
            await asyncio.sleep(0.002)

    async def scenario(layer: JournalSetup) -> tuple[bytes, ...]:
        for name in ("a", "b"):
            layer.loop.spawn(name, write(layer.journal.connect(name), name.encode()))
        await asyncio.sleep(1)
        found = payloads(layer)
        for writer in (b"a", b"b"):
            own = [payload for payload in found if payload.startswith(writer)]
            assert own == [writer + b"%d" % number for number in range(4)]
        return tuple(found)

    assert len({simulate(scenario, seed) for seed in SEEDS}) > 10


def test_fetch_waits_no_longer_than_it_was_told() -> None:
    async def scenario(layer: JournalSetup) -> None:
        cursor = await layer.here.open_cursor(0)
        assert await cursor.fetch(2.0) == []
        assert 2.0 <= layer.loop.time() < 2.1

    simulate(scenario)


def test_an_entry_too_large_is_refused_alone() -> None:
    async def scenario(layer: JournalSetup) -> None:
        writer = await layer.here.open_writer()
        with pytest.raises(EntryTooLarge):
            await writer.append(bytes(RECORD_BYTES_MAX + 1))
        assert (await writer.append(b"small")).offset == 0

    simulate(scenario)


# Crashes and closed writers


def test_a_crash_takes_back_what_was_not_sent_and_nothing_else() -> None:
    async def scenario(layer: JournalSetup) -> None:
        async def write() -> None:
            writer = await layer.journal.connect("node").open_writer()
            writer.append(b"sent")
            await asyncio.sleep(0.1)
            writer.append(b"not sent")
            layer.loop.crash("node")

        layer.loop.spawn("node", write())
        await asyncio.sleep(1)
        assert payloads(layer) == []
        await asyncio.sleep(400)
        assert payloads(layer) == [b"sent"]

    simulate(scenario, straggle=1.0, straggle_s=(60.0, 300.0))


def test_a_closed_writer_sends_nothing_more_but_what_was_sent_may_land() -> None:
    async def scenario(layer: JournalSetup) -> None:
        writer = await layer.here.open_writer()
        writer.append(b"sent")
        await asyncio.sleep(0.1)
        unsent = writer.append(b"not sent")
        await writer.close()
        assert isinstance(unsent.exception(), WriterLost)
        with pytest.raises(WriterLost):
            await writer.append(b"too late")
        await asyncio.sleep(400)
        assert payloads(layer) == [b"sent"]

    simulate(scenario, straggle=1.0, straggle_s=(60.0, 300.0))


# Faults


def test_after_a_lost_acknowledgement_the_entry_is_there_and_the_writer_lost() -> None:
    async def scenario(layer: JournalSetup) -> None:
        writer = await layer.here.open_writer()
        with pytest.raises(JournalUnavailable):
            await writer.append(b"entry")
        assert layer.loop.time() < 31
        assert payloads(layer) == [b"entry"]
        with pytest.raises(WriterLost):
            await writer.append(b"another")

    simulate(scenario, lost_ack=1.0)


def test_a_hung_append_never_resolves() -> None:
    async def scenario(layer: JournalSetup) -> None:
        writer = await layer.here.open_writer()
        place = writer.append(b"entry")
        await asyncio.sleep(3600)
        assert not place.done()

    simulate(scenario, lost_ack=1.0, hung=1.0)


def test_an_entry_can_be_lost_in_a_session_whose_later_ones_land() -> None:
    async def lost_in_the_middle(layer: JournalSetup) -> bool:
        writer = await layer.here.open_writer()
        settled = await outcomes([writer.append(b"%d" % number) for number in range(9)])
        landed = [not isinstance(outcome, JournalUnavailable) for outcome in settled]
        assert payloads(layer) == [b"%d" % n for n, there in enumerate(landed) if there]
        return not all(landed) and landed[-1]

    assert any(simulate(lost_in_the_middle, seed, gap=0.2) for seed in SEEDS)


def test_a_duplicate_comes_behind_its_original() -> None:
    async def scenario(layer: JournalSetup) -> list[bytes]:
        writer = await layer.here.open_writer()
        for payload in (b"1", b"2"):
            await writer.append(payload)
        await asyncio.sleep(400)
        return payloads(layer)

    orders = {tuple(simulate(scenario, seed, duplicate=1.0)) for seed in SEEDS}
    assert all(sorted(order) == [b"1", b"1", b"2", b"2"] for order in orders)
    assert {(b"1", b"1", b"2", b"2"), (b"1", b"2", b"1", b"2")} <= orders


def test_a_slow_broker_takes_its_time_for_each_append_but_not_for_one_after_another() -> None:
    async def scenario(layer: JournalSetup) -> None:
        writer = await layer.here.open_writer()
        await asyncio.gather(*(writer.append(b"entry") for _ in range(10)))
        assert 9 < layer.loop.time() < 9.1

    simulate(scenario, append_extra_s=9.0)


def test_while_the_broker_is_down_nothing_can_be_asked() -> None:
    async def scenario(layer: JournalSetup) -> None:
        cursor = await layer.here.open_cursor(0)
        layer.journal.down()
        for question in (
            lambda: cursor.fetch(1.0),
            layer.here.end,
            layer.here.open_writer,
            lambda: layer.here.open_cursor(0),
        ):
            with pytest.raises(JournalUnavailable):
                await question()
        layer.journal.up()
        assert await cursor.fetch(1.0) == []

    simulate(scenario)


def test_what_was_sent_to_a_broker_that_is_down_lands_or_is_lost_per_session() -> None:
    async def scenario(layer: JournalSetup) -> tuple[bytes, ...]:
        writer = await layer.here.open_writer()
        layer.journal.down()
        settling = asyncio.gather(writer.append(b"1"), writer.append(b"2"), return_exceptions=True)
        await asyncio.sleep(10)
        layer.journal.up()
        await settling
        return tuple(payloads(layer))

    assert {simulate(scenario, seed) for seed in SEEDS} == {(), (b"1", b"2")}


def test_one_process_can_be_cut_off_alone() -> None:
    async def scenario(layer: JournalSetup) -> None:
        layer.journal.down("node")
        with pytest.raises(JournalUnavailable):
            await layer.journal.connect("node").end()
        assert await layer.here.end() == 0
        layer.journal.up("node")
        assert await layer.journal.connect("node").end() == 0

    simulate(scenario)


# Truncation


async def write_reign(
    writer: JournalWriter, nonce: str, *, records: int, leftovers: int = 0
) -> None:
    """A Claim, again as `leftovers` that do not count, and Barriers: chained to genesis."""
    claim = Claim(term=1, seq=1, prev_hash=GENESIS_HASH, nonce=nonce, leader_url="")
    payload = encode_record(claim)
    for _ in range(1 + leftovers):
        await writer.append(payload)
    for seq in range(2, records + 1):
        prev_hash = hash_record(payload)
        at = datetime(2026, 1, 1, tzinfo=UTC)
        payload = encode_record(Barrier(term=1, seq=seq, prev_hash=prev_hash, decided_at=at))
        await writer.append(payload)


def test_a_cursor_opened_or_moved_beyond_the_end_is_told_of_the_truncation() -> None:
    async def scenario(layer: JournalSetup) -> None:
        await write_reign(await layer.here.open_writer(), "first", records=5)
        moved = await layer.here.open_cursor(0)
        layer.journal.truncate(2)
        opened = await layer.here.open_cursor(3)
        await moved.seek(4)
        for cursor in (opened, moved):
            with pytest.raises(JournalTruncated):
                await cursor.fetch(1.0)

    simulate(scenario)


async def read_over_a_truncation(
    layer: JournalSetup, *, recheck_s: float, records: int, leftovers: int
) -> None:
    """Truncate and write anew, between two fetches of a reader at offset 5, then read on."""
    writer = await layer.here.open_writer()
    await write_reign(writer, "first", records=5)
    tail = Tail(layer.here, recheck_s=recheck_s)
    while tail.position.offset < 4:
        await tail.fetch(1.0)
    layer.journal.truncate(0)
    await write_reign(writer, "second", records=records, leftovers=leftovers)
    for _ in range(60):
        await tail.fetch(1.0)


@pytest.mark.parametrize(("records", "leftovers"), [(3, 0), (8, 0), (4, 4)])
def test_a_reader_stops_after_a_truncation_also_when_the_journal_has_grown_again(
    records: int, leftovers: int
) -> None:
    async def scenario(layer: JournalSetup) -> None:
        await read_over_a_truncation(layer, recheck_s=10, records=records, leftovers=leftovers)

    for seed in SEEDS:
        with pytest.raises(JournalBroken):
            simulate(scenario, seed)


def test_without_reading_its_own_last_record_again_a_reader_would_not_notice() -> None:
    async def scenario(layer: JournalSetup) -> None:
        await read_over_a_truncation(layer, recheck_s=float("inf"), records=4, leftovers=4)

    for seed in SEEDS:
        simulate(scenario, seed)
