"""Runs an eraser that prints a line once Notification has done what it was asked for, and goes no
further: it waits to be killed before anything is recorded."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime

import aiohttp

from contracts.values.ids import PersonId
from notifier.forgetting.eraser import Eraser
from notifier.store.forgetting.erasures import ErasureStore
from notifier.store.queue import NoticeQueue
from runtime.outside.ports import Notice, NotificationClient, Retraction
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from tests.cells.stand_in import build_settings


class StuckAfter:
    """Does what it is asked, and gets stuck after the call of this name."""

    def __init__(self, notification: NotificationClient, name: str) -> None:
        self._notification = notification
        self._name = name

    async def send(self, notice: Notice) -> None:
        await self._notification.send(notice)

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        await self._notification.retract(retractions)
        await self._get_stuck("retract")

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        await self._notification.empty_inbox(user_id, until)
        await self._get_stuck("empty_inbox")

    async def _get_stuck(self, done: str) -> None:
        if done == self._name:
            print(done, flush=True)
            await asyncio.Event().wait()


async def erase_for_ever(dsn: str, url: str, now: datetime, stuck_after: str) -> None:
    async with aiohttp.ClientSession() as session:
        notification = OutsideClients(session, build_settings(url)).notification
        pool = await open_pool(dsn)
        eraser = Eraser(
            ErasureStore(pool),
            NoticeQueue(pool),
            StuckAfter(notification, stuck_after),
            lambda: now,
        )
        await eraser.run()


if __name__ == "__main__":
    dsn, url, now, stuck_after = sys.argv[1:]
    asyncio.run(erase_for_ever(dsn, url, datetime.fromisoformat(now), stuck_after))
