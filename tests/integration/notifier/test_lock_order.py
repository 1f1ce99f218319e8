"""Whoever changes several notices that are being sent locks them in order of their ids: two that
change the same ones wait for the first of them, and never for each other. Several fan-outs end
together, without waiting for one that somebody else changes. An operator's act waits, and records
what it then finds."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Final

import pytest

from contracts.events.announcement import AnnouncementCancelled
from contracts.events.booking import BookingInvited
from contracts.journal.places import EventPlace
from notifier.delivery.leases import DeliveryResult
from notifier.store.operators.acts import Signature
from notifier.store.operators.fanouts import FanOuts
from notifier.store.session import LeaseSession
from runtime.postgres.tables import ALLOW_COMPUTING
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import announcement, booking, created, published, seen
from tests.waiting import WITHIN_S

GUESTS: Final = ("anna", "boris", "vera", "zoe")
LEASE: Final = timedelta(minutes=2)
UNKNOWN_HOLDER: Final = 7
# The rows of a table lie in the order in which they were last written.
WRITE_AGAIN: Final = "UPDATE notifier.notices SET attempts = attempts WHERE id = $1"
LEAVE_TO_THE_DEAD: Final = "UPDATE notifier.notices SET holder = $2 WHERE id = ANY($1::bigint[])"
LOCK_ONE: Final = "SELECT FROM notifier.notices WHERE id = $1 FOR UPDATE"
SELECT_FREE: Final = """
    SELECT id FROM notifier.notices WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED
"""
SOMEBODY_WAITS_FOR: Final = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)))
"""

LOCK_FANOUT: Final = "SELECT FROM notifier.fanouts WHERE seq = $1 AND event_index = $2 FOR UPDATE"
PARK_FANOUT: Final = "UPDATE notifier.fanouts SET state = 'parked', reason = 'too_late'"
SELECT_FANOUT_STATES: Final = "SELECT state FROM notifier.fanouts ORDER BY seq"

Change = Callable[[NotifierCell, list[int]], Coroutine[None, None, None]]


async def record(cell: NotifierCell, ids: list[int]) -> None:
    await cell.queue.record([DeliveryResult(one, "sent", sent_at=cell.now) for one in ids])


async def find_all_gone(cell: NotifierCell, ids: list[int]) -> None:
    await cell.queue.record((), ids)


async def withdraw(cell: NotifierCell, _ids: list[int]) -> None:
    cell.history.tell(
        AnnouncementCancelled(announcement_id=announcement("e"), version=3, by="author")
    )
    await cell.read()


async def free(cell: NotifierCell, _ids: list[int]) -> None:
    await LeaseSession(cell.pool).free_leases_of_the_dead(cell.now)


@pytest.mark.parametrize("change", [record, find_all_gone, withdraw, free])
async def test_several_notices_are_locked_in_order(cell: NotifierCell, change: Change) -> None:
    cell.history.tell(seen("host"), created(), published())
    cell.history.tell(*(booking(BookingInvited, guest, (True, None)) for guest in GUESTS))
    await cell.read()
    leased = await cell.queue.lease(cell.now, cell.now + LEASE, 100)
    for one in reversed(leased):
        await cell.pool.execute(WRITE_AGAIN, one)
    if change is free:
        await cell.pool.execute(LEAVE_TO_THE_DEAD, leased, UNKNOWN_HOLDER)
    if change is find_all_gone:
        await cell.pool.execute("UPDATE notifier.notices SET state = 'unconfirmed'")
    async with cell.pool.acquire() as connection, connection.transaction():
        await connection.execute(ALLOW_COMPUTING)
        await connection.execute(LOCK_ONE, leased[0])
        changing = asyncio.create_task(change(cell, leased[::-1]))
        while not await cell.pool.fetchval(SOMEBODY_WAITS_FOR, connection.get_server_pid()):
            await asyncio.sleep(0.01)
        free_now = [row["id"] for row in await cell.pool.fetch(SELECT_FREE, leased)]
        assert free_now == leased[1:]
    await changing


async def test_fan_outs_end_together_and_wait_for_nobody(cell: NotifierCell) -> None:
    for host in GUESTS:
        cell.history.tell(seen(host), created(host, host), published(host))
    await cell.read()
    leased = await cell.queue.lease_fanouts(cell.now, cell.now + LEASE, 100)
    assert len(leased) == len(GUESTS)
    first = min(leased)
    async with cell.pool.acquire() as connection, connection.transaction():
        await connection.execute(ALLOW_COMPUTING)
        await connection.execute(LOCK_FANOUT, first.seq, first.event_index)
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(
                *(cell.queue.set_fanout_state(one, "done", None) for one in leased)
            )
        states = [row["state"] for row in await cell.pool.fetch(SELECT_FANOUT_STATES)]
    assert states == ["waiting", "done", "done", "done"]
    await cell.queue.set_fanout_state(first, "done", None)
    assert await cell.pool.fetchval("SELECT bool_and(state = 'done') FROM notifier.fanouts")


async def test_an_act_on_a_fan_out_records_what_it_found(cell: NotifierCell) -> None:
    seq = cell.history.tell(seen("host"), created(), published())
    await cell.read()
    fanouts, signature = FanOuts(cell.pool), Signature("olga", cell.now)
    async with cell.pool.acquire() as connection, connection.transaction():
        await connection.execute(ALLOW_COMPUTING)
        await connection.execute(PARK_FANOUT)
        retrying = asyncio.create_task(
            fanouts.retry(EventPlace(seq, 2), cell.now, signature, dry_run=False)
        )
        while not await cell.pool.fetchval(SOMEBODY_WAITS_FOR, connection.get_server_pid()):
            await asyncio.sleep(0.01)
    assert (await retrying).done
    (record,) = await cell.moderation.select_records(None, None, 10)
    assert (record["before"]["state"], record["before"]["reason"]) == ("parked", "too_late")
    assert (record["after"]["state"], record["after"]["reason"]) == ("waiting", None)
