"""One reader of several is active. Another one stands by, and is ready."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from runtime.calls.store_retry import StoreRetry
from runtime.following.reader import JournalReader
from runtime.following.service import FollowingService
from runtime.postgres.active_lock import ActiveLock
from runtime.postgres.tables import TablesUnavailable
from tests.unit.runtime.following.list_store import QUICK, GrowingJournal, ListStore
from tests.waiting import eventually


class GivenLock:
    """A lock that the test gives."""

    def __init__(self) -> None:
        self.held = False
        self.taken = True
        self._given = asyncio.Event()

    def give(self) -> None:
        self._given.set()

    async def run_while_held(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await self._given.wait()
        self.held = True
        await work()


async def test_a_standby_follows_the_store_and_then_the_journal() -> None:
    journal, store, lock = GrowingJournal(), ListStore(), GivenLock()
    prepared = []

    async def prepare() -> None:
        prepared.append(lock.held)

    def follow(with_lock: ActiveLock | None) -> FollowingService:
        retry = StoreRetry("store", TablesUnavailable)
        reader = JournalReader(journal.journal, store, QUICK, retry)
        return FollowingService(reader, "test", prepare, with_lock)

    active, standby = follow(None), follow(cast("ActiveLock", lock))
    await active.start()
    await standby.start()
    journal.grow("a", "b")
    await eventually(lambda: standby.ready and standby.position == journal.seq)
    assert standby.readiness()["role"] == "standby"
    assert "journal" not in standby.readiness()
    assert active.readiness()["role"] == "active"
    assert store.loads == 1
    await active.stop()
    lock.give()
    journal.grow("c")
    await eventually(lambda: standby.ready and standby.position == journal.seq)
    assert standby.readiness()["role"] == "active"
    assert prepared == [False, True]
    assert store.names() == ["a", "b", "c"]
    await standby.stop()


async def test_who_does_not_know_yet_whether_to_stand_by_is_not_ready() -> None:
    """It may be about to find the lock free, and then has to prepare the store."""
    journal, store, lock = GrowingJournal(), ListStore(), GivenLock()
    lock.taken = False
    retry = StoreRetry("store", TablesUnavailable)
    reader = JournalReader(journal.journal, store, QUICK, retry)
    service = FollowingService(reader, "test", None, cast("ActiveLock", lock))
    await service.start()
    journal.grow("a")
    assert (service.readiness()["role"], service.ready) == ("unknown", False)
    lock.taken = True
    await eventually(lambda: service.ready)
    assert service.readiness()["role"] == "standby"
    lock.taken = False
    lock.give()
    await eventually(lambda: service.ready)
    assert service.readiness()["role"] == "active"
    await service.stop()


async def test_a_reader_that_has_just_become_active_is_not_ready_before_it_has_prepared() -> None:
    """The tables may answer to a standby's look while they are being migrated."""
    journal, store, lock, go = GrowingJournal(), ListStore(), GivenLock(), asyncio.Event()

    async def prepare() -> None:
        await go.wait()

    retry = StoreRetry("store", TablesUnavailable)
    reader = JournalReader(journal.journal, store, QUICK, retry)
    service = FollowingService(reader, "test", prepare, cast("ActiveLock", lock))
    await service.start()
    await eventually(lambda: service.ready)
    lock.give()
    await eventually(lambda: service.active)
    assert retry.available
    assert not service.ready
    go.set()
    await eventually(lambda: service.ready)
    await service.stop()
