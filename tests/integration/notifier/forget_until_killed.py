"""Runs a forgetter that prints a line once Notification has emptied an inbox, and goes no further:
it waits to be killed before anything is deleted."""

import asyncio
import sys
from datetime import datetime

import aiohttp

from notifier.forgetting.forgetter import Forgetter
from notifier.store.forgetting.finished import ForgettingStore
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from tests.cells.stand_in import build_settings
from tests.integration.notifier.erase_until_killed import StuckAfter


async def forget_for_ever(dsn: str, url: str, newest: datetime) -> None:
    async with aiohttp.ClientSession() as session:
        notification = OutsideClients(session, build_settings(url)).notification
        store = ForgettingStore(await open_pool(dsn))
        forgetter = Forgetter(store, StuckAfter(notification, "empty_inbox"))
        forgetter.note_taken_over(newest)
        await forgetter.run()


if __name__ == "__main__":
    asyncio.run(forget_for_ever(sys.argv[1], sys.argv[2], datetime.fromisoformat(sys.argv[3])))
