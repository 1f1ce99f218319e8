"""Clicks on short links are collected once each, whatever happens in between."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from contracts.errors import DependencyDown
from notifier.clicks.collector import ClickCollector
from notifier.clicks.store import ClickStore
from notifier.forgetting.forgetter import Forgetter
from notifier.store.forgetting.finished import ForgettingStore
from runtime.outside.ports import Click
from tests.cells.notifier_cell import NotifierCell
from tests.histories.notifier_events import BEGIN

EVENING = str(uuid4())


def click(cell: NotifierCell, target: str = f"/a/{EVENING}", **later: float) -> None:
    number = len(cell.around.clicked) + 1
    cell.around.clicked.append(Click(number, target, BEGIN + timedelta(**later)))


async def stored(cell: NotifierCell) -> list[int]:
    rows: list[asyncpg.Record] = await cell.pool.fetch(
        "SELECT id, announcement_id FROM notifier.clicks ORDER BY id"
    )
    assert {str(row["announcement_id"]) for row in rows} <= {EVENING}
    return [row["id"] for row in rows]


async def test_every_click_on_an_announcement_is_stored_once(cell: NotifierCell) -> None:
    collector = ClickCollector(ClickStore(cell.pool), cell.around)
    assert not await collector.collect_some()
    for target in ("", "https://practix.test"):
        click(cell, f"{target}/a/{EVENING}")
    for elsewhere in ("/b/1", "/a/no-id", f"/a/{EVENING}/more"):
        click(cell, elsewhere)
    click(cell)
    while await collector.collect_some():
        pass
    assert await stored(cell) == [1, 2, 6]
    click(cell)
    assert await collector.collect_some()
    assert await stored(cell) == [1, 2, 6, 7]


async def test_of_two_that_ask_at_once_one_stores(cell: NotifierCell) -> None:
    for _ in range(7):
        click(cell)
    collectors = [ClickCollector(ClickStore(cell.pool), cell.around) for _ in range(2)]
    while any(await asyncio.gather(*(one.collect_some() for one in collectors))):
        pass
    assert await stored(cell) == list(range(1, 8))


async def test_it_waits_for_the_shortener(cell: NotifierCell) -> None:
    click(cell)
    cell.around.down = {"shortener"}
    collector = ClickCollector(ClickStore(cell.pool), cell.around)
    with pytest.raises(DependencyDown):
        await collector.collect_some()
    running = asyncio.ensure_future(collector.run())
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    cell.around.down = set()
    assert await collector.collect_some()
    assert await stored(cell) == [1]


async def test_clicks_of_long_ago_are_forgotten_and_not_asked_for_again(
    cell: NotifierCell,
) -> None:
    store = ClickStore(cell.pool)
    click(cell)
    click(cell, days=50)
    collector = ClickCollector(store, cell.around)
    await collector.collect_some()
    forgetter = Forgetter(ForgettingStore(cell.pool), cell.around, 100, clicks=store)
    forgetter.note_taken_over(BEGIN + timedelta(days=120))
    while await forgetter.forget_some():
        pass
    assert await stored(cell) == [2]
    assert not await collector.collect_some()
    assert await stored(cell) == [2]
