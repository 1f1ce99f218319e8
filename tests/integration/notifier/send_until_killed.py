"""Runs a dispatcher that prints each key once Notification has taken it, and goes no further: it
waits to be killed before anything is recorded."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime

import aiohttp

from contracts.values.ids import PersonId
from notifier.dispatcher import Dispatcher
from notifier.short_links import ShortLinks
from notifier.store.queue import NoticeQueue
from runtime.outside.ports import Notice, NotificationClient, Retraction
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from tests.cells.stand_in import build_settings


class StuckAfterSending:
    def __init__(self, notification: NotificationClient) -> None:
        self._notification = notification

    async def send(self, notice: Notice) -> None:
        await self._notification.send(notice)
        print(notice.key, flush=True)
        await asyncio.Event().wait()

    async def retract(self, retractions: Sequence[Retraction]) -> None:
        await self._notification.retract(retractions)

    async def empty_inbox(self, user_id: PersonId, until: datetime) -> None:
        await self._notification.empty_inbox(user_id, until)


async def send_for_ever(dsn: str, url: str, now: datetime) -> None:
    async with aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings(url))
        queue = NoticeQueue(await open_pool(dsn))
        dispatcher = Dispatcher(
            queue,
            notification=StuckAfterSending(clients.notification),
            links=ShortLinks(queue, clients.shortener, ""),
            auth=clients.auth,
            ugc=clients.ugc,
            clock=lambda: now,
        )
        await dispatcher.run()


if __name__ == "__main__":
    asyncio.run(send_for_ever(sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])))
