"""The loop from the journal to a store: every record once and in order, whatever the store does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest

from contracts.journal.acceptance import JournalBroken
from runtime.calls.store_retry import StoreRetry
from runtime.following.reader import BatchLimits, JournalReader, Step, cut_into_parts, decided_at
from runtime.journal.tail import START, Accepted, Tail
from runtime.postgres.tables import Fenced, RowsRefused, TablesUnavailable
from tests.unit.runtime.following.list_store import NOON, QUICK, Batch, GrowingJournal, ListStore
from tests.waiting import WITHIN_S, eventually


class PatientStore(ListStore):
    """A store that writes nothing before it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_write = asyncio.Event()
        self.writing = False

    async def write(self, batch: Batch, step: Step) -> None:
        self.writing = True
        await self.may_write.wait()
        await super().write(batch, step)


def reader_of(
    chain: GrowingJournal, store: ListStore, limits: BatchLimits = QUICK
) -> JournalReader[Batch]:
    return JournalReader(chain.journal, store, limits, StoreRetry("list", TablesUnavailable))


@asynccontextmanager
async def running(reader: JournalReader[Any]) -> AsyncIterator[asyncio.Task[Any]]:
    task: asyncio.Task[Any] = asyncio.create_task(reader.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


async def follow(chain: GrowingJournal, store: ListStore, limits: BatchLimits = QUICK) -> None:
    """Run a reader until it has come to the end of the journal. Raises what stops it before."""
    reader = reader_of(chain, store, limits)
    async with running(reader) as following:
        await eventually(lambda: following.done() or reader.position.state.seq >= chain.seq)
        if following.done():
            following.result()


@pytest.fixture
def chain() -> GrowingJournal:
    return GrowingJournal()


@pytest.fixture
def store() -> ListStore:
    return ListStore()


async def accepted(chain: GrowingJournal) -> Sequence[Accepted]:
    return await Tail(chain.journal).fetch(0)


# Batches


async def test_parts_end_with_the_record_that_reaches_the_limit(chain: GrowingJournal) -> None:
    chain.commit("a", events=3)
    chain.beat()
    chain.commit("b", events=1)
    chain.commit("c", events=9)
    chain.commit("d")
    parts = [
        [one.position.state.seq for one in p] for p in cut_into_parts(await accepted(chain), 4)
    ]
    assert parts == [[1, 2], [3, 4, 5], [6]]


async def test_a_record_without_events_counts_as_one(chain: GrowingJournal) -> None:
    chain.commit("refused", events=0)
    chain.commit("refused again", events=0)
    chain.beat()
    parts = [len(part) for part in cut_into_parts(await accepted(chain), 2)]
    assert parts == [2, 2]


def test_no_records_make_no_parts() -> None:
    assert list(cut_into_parts([], 4)) == []


async def test_the_date_of_a_batch_is_that_of_its_newest_dated_record(
    chain: GrowingJournal,
) -> None:
    chain.grow("a", "b")
    records = await accepted(chain)
    assert decided_at(records) == NOON + timedelta(minutes=2)
    assert decided_at(records[:1]) is None


async def test_batches_join_each_other_and_leave_nothing_out(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow(*"abcdefg")
    await follow(chain, store, QUICK._replace(events_max=3))
    assert store.names() == list("abcdefg")
    assert [step.expected for step in store.steps] == [
        START,
        *(step.reached for step in store.steps[:-1]),
    ]
    assert store.noted == store.written
    assert len(store.written) > 2


async def test_a_new_reader_goes_on_from_the_stored_position(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a", "b")
    await follow(chain, store)
    chain.grow("c")
    await follow(chain, store)
    assert store.names() == ["a", "b", "c"]


async def test_heartbeats_alone_are_written_only_so_often(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a")
    reader = reader_of(chain, store, QUICK._replace(quiet_s=WITHIN_S))
    async with running(reader):
        assert await reader.reach(chain.seq, WITHIN_S)
        chain.beat()
        assert await reader.reach(chain.seq, WITHIN_S)
        chain.grow("b")
        assert await reader.reach(chain.seq, WITHIN_S)
    assert store.names() == ["a", "b"]
    assert [step.reached.state.seq for step in store.steps] == [2, 4]


async def test_a_standby_learns_how_far_heartbeats_have_led(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a")
    active, standby = reader_of(chain, store, QUICK._replace(quiet_s=0.05)), reader_of(chain, store)
    async with running(active):
        assert await active.reach(chain.seq, WITHIN_S)
        for _ in range(3):
            chain.beat()
        async with asyncio.timeout(WITHIN_S):
            while standby.position.state.seq < chain.seq:
                await standby.look(lambda: True)
                await asyncio.sleep(0.005)
    assert store.names() == ["a"]


# A store that is away


async def test_a_store_that_is_away_is_waited_for(chain: GrowingJournal, store: ListStore) -> None:
    chain.grow("a")
    store.away = 2
    reader = reader_of(chain, store)
    assert not reader.tables_available
    async with running(reader):
        assert await reader.reach(chain.seq, WITHIN_S)
    assert reader.tables_available
    assert store.names() == ["a"]


async def test_what_was_written_without_an_answer_is_not_written_again(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a", "b")
    store.answers_lost = 1
    await follow(chain, store, QUICK._replace(events_max=1))
    assert store.names() == ["a", "b"]
    assert store.noted == store.written


async def test_waiting_for_a_position_ends_in_time(chain: GrowingJournal, store: ListStore) -> None:
    reader = reader_of(chain, store)
    async with running(reader):
        assert not await reader.reach(chain.seq + 1, 0.01)


# Rows that the store refuses


async def test_refused_rows_are_narrowed_down_to_their_record(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow(*"abcdefg")
    store.refused = {"c", "f"}
    await follow(chain, store)
    assert store.names() == ["a", "b", "(c: too long)", "d", "e", "(f: too long)", "g"]
    assert store.stored.state.seq == chain.seq


async def test_the_next_best_is_written_if_the_best_is_refused_too(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a", "b")
    store.refused, store.takes_no_parked = {"a"}, True
    await follow(chain, store)
    assert store.names() == ["(a)", "b"]


async def test_a_store_that_takes_nothing_of_a_record_stops_the_reader(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a")
    store.refused = {"a", "(a)", "(a: too long)"}
    async with running(reader_of(chain, store)) as following:
        with pytest.raises(RowsRefused):
            await asyncio.wait_for(following, WITHIN_S)
    assert store.names() == []


# Rivals, and a store that has forgotten


async def test_a_reader_stops_when_another_one_has_moved_the_store(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a")
    reader = reader_of(chain, store)
    async with running(reader) as following:
        assert await reader.reach(chain.seq, WITHIN_S)
        chain.grow("b")
        store.stored = (await accepted(chain))[-1].position
        chain.grow("c")
        with pytest.raises(Fenced):
            await asyncio.wait_for(following, WITHIN_S)
    assert store.names() == ["a"]


async def test_what_a_store_has_lost_in_a_crash_is_written_again(
    chain: GrowingJournal, store: ListStore, caplog: pytest.LogCaptureFixture
) -> None:
    chain.grow("a", "b")
    reader = reader_of(chain, store, QUICK._replace(events_max=1))
    async with running(reader):
        assert await reader.reach(chain.seq, WITHIN_S)
        del store.written[-1]
        store.stored = store.steps[-1].expected
        chain.grow("c")
        await eventually(lambda: store.stored.state.seq == chain.seq)
        assert await reader.reach(chain.seq, WITHIN_S)
    assert store.names() == ["a", "b", "c"]
    assert store.loads == 2
    assert "tables went back" in caplog.text


async def test_what_a_store_has_lost_is_written_again_while_the_journal_is_quiet(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a", "b")
    reader = reader_of(chain, store, QUICK._replace(events_max=1, check_s=0.0))
    async with running(reader):
        assert await reader.reach(chain.seq, WITHIN_S)
        del store.written[-1]
        store.stored = store.steps[-1].expected
        await eventually(lambda: store.stored.state.seq == chain.seq)
    assert store.names() == ["a", "b"]


async def test_a_rival_is_noticed_while_the_journal_is_quiet(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a")
    async with running(reader_of(chain, store, QUICK._replace(check_s=0.0))) as following:
        await eventually(lambda: store.names() == ["a"])
        chain.grow("b")
        store.stored = (await accepted(chain))[-1].position
        with pytest.raises(Fenced):
            await asyncio.wait_for(following, WITHIN_S)


async def test_a_journal_that_was_cut_back_stops_the_reader(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a", "b")
    await follow(chain, store)
    del chain.journal.payloads[-1]
    async with running(reader_of(chain, store)) as following:
        with pytest.raises(JournalBroken):
            await asyncio.wait_for(following, WITHIN_S)


async def test_what_comes_before_a_break_is_written(
    chain: GrowingJournal, store: ListStore
) -> None:
    chain.grow("a")
    patient = PatientStore()
    async with running(reader_of(chain, patient, QUICK._replace(events_max=1))) as following:
        await eventually(lambda: patient.prepared_after == [None, []])
        chain.journal.payloads.append(b"no record")
        patient.may_write.set()
        with pytest.raises(JournalBroken):
            await asyncio.wait_for(following, WITHIN_S)
    assert patient.names() == ["a"]


# Preparing while a batch is written


async def test_the_next_batch_is_prepared_while_one_is_written(chain: GrowingJournal) -> None:
    store = PatientStore()
    chain.grow("a", "b")
    reader = reader_of(chain, store, QUICK._replace(events_max=1))
    async with running(reader):
        await eventually(lambda: store.prepared_after == [None, []])
        assert store.names() == []
        store.may_write.set()
        assert await reader.reach(chain.seq, WITHIN_S)
    assert store.prepared_after == [None, [], ["a"]]
    assert store.names() == ["a", "b"]


async def test_a_batch_is_prepared_anew_if_the_one_before_was_refused(
    chain: GrowingJournal,
) -> None:
    store = PatientStore()
    store.refused = {"a"}
    chain.grow("a", "b")
    reader = reader_of(chain, store, QUICK._replace(events_max=1))
    async with running(reader):
        await eventually(lambda: store.writing)
        store.may_write.set()
        assert await reader.reach(chain.seq, WITHIN_S)
    assert store.prepared_after == [None, [], ["a"], None]
    assert store.names() == ["(a: too long)", "b"]


async def test_a_batch_grows_while_one_is_written(chain: GrowingJournal) -> None:
    store = PatientStore()
    reader = reader_of(chain, store)
    async with running(reader):
        await eventually(lambda: store.writing)
        for name in "abc":
            chain.grow(name)
            await asyncio.sleep(0)
        store.may_write.set()
        assert await reader.reach(chain.seq, WITHIN_S)
    assert store.written == [[], ["a", "b", "c"]]


async def test_the_stamp_of_the_oldest_unwritten_record_is_known(chain: GrowingJournal) -> None:
    store = PatientStore()
    chain.grow("a")
    reader = reader_of(chain, store)
    async with running(reader):
        await eventually(lambda: reader.oldest_unwritten_ms is not None)
        store.may_write.set()
        await eventually(lambda: reader.oldest_unwritten_ms is None)
    assert store.names() == ["a"]


async def test_the_newest_record_of_each_answer_is_shown(
    chain: GrowingJournal, store: ListStore
) -> None:
    shown: list[int] = []
    chain.grow("a", "b")
    reader = JournalReader(
        chain.journal,
        store,
        QUICK,
        StoreRetry("list", TablesUnavailable),
        on_read=lambda newest: shown.append(newest.position.state.seq),
    )
    async with running(reader):
        await eventually(lambda: bool(shown))
    assert shown == [3]
