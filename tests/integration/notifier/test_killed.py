"""After `kill -9` between a call to Notification and recording it, everything is done once."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from contracts.events.booking import BookingRequested
from contracts.events.person import PersonErased
from contracts.values.ids import SYSTEM
from neighbours.app import create_app
from notifier.dispatcher import Dispatcher
from notifier.forgetting.forgetter import Forgetter
from notifier.forgetting.retention import KEEP_DAYS
from notifier.short_links import ShortLinks
from notifier.store.forgetting.finished import ForgettingStore
from runtime.outside.wiring import OutsideClients
from runtime.process.tasks import end, keep_running
from tests.cells.notifier_cell import NotifierCell, notifier_cell
from tests.cells.stand_in import OPERATOR, build_settings, stand_in_settings
from tests.histories.notifier_events import booking, created, person, published, seen
from tests.servers.http_server import served
from tests.waiting import WITHIN_S

NOTICES = 2


class AskedHost(NamedTuple):
    """A notifier, and the stand-in that it sends to."""

    cell: NotifierCell
    clients: OutsideClients
    session: aiohttp.ClientSession
    url: str

    async def tell_host(self) -> Dispatcher:
        """Send what is due, and see it arrive."""
        dispatcher = self.cell.dispatcher(notification=self.clients.notification)
        while await dispatcher.dispatch_due():
            pass
        assert "Anna wants to come" in "".join(await self.read_inboxes())
        return dispatcher

    async def read_inboxes(self) -> list[str]:
        """Return what the host's and Anna's inboxes answer."""
        shown = []
        operator = {"Authorization": f"Bearer {OPERATOR}"}
        for name in ("host", "anna"):
            path = f"{self.url}/neighbours/notification/inbox/{person(name)}"
            async with self.session.get(path, headers=operator) as response:
                shown.append(await response.text())
        return shown


@asynccontextmanager
async def asked_host(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[AskedHost]:
    """Anna has asked to come, and nobody has been told yet."""
    app = create_app(stand_in_settings(tmp_path / "around"))
    async with (
        notifier_cell(tmp_path, postgres_dsn) as cell,
        served(app) as url,
        aiohttp.ClientSession() as session,
    ):
        cell.history.tell(seen("host"), seen("anna"), created(), published())
        cell.history.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
        await cell.read()
        yield AskedHost(cell, OutsideClients(session, build_settings(url)), session, url)


async def test_killed_between_sending_and_recording_each_message_arrives_once(
    tmp_path: Path, postgres_dsn: str
) -> None:
    async with asked_host(tmp_path, postgres_dsn) as around:
        cell, clients = around.cell, around.clients
        sent = await _run_and_kill(
            "send_until_killed", postgres_dsn, around.url, cell.now.isoformat(), lines=NOTICES
        )
        assert {line["state"] for line in await cell.lines()} == {"waiting"}

        dispatcher = Dispatcher(
            cell.queue,
            notification=clients.notification,
            links=ShortLinks(cell.queue, clients.shortener, ""),
            auth=clients.auth,
            ugc=clients.ugc,
            clock=lambda: cell.now,
        )
        running = keep_running(dispatcher.run(), "dispatcher")
        async with asyncio.timeout(WITHIN_S):  # No clock is turned: nobody waits for leases.
            while len(await cell.lines(state="sent")) < NOTICES:
                await asyncio.sleep(0.05)
        await end(running)
        inboxes = [one["key"] for inbox in await around.read_inboxes() for one in json.loads(inbox)]
        assert sorted(inboxes) == sorted(sent)


@pytest.mark.parametrize("killed_after", ["retract", "empty_inbox"])
async def test_an_erasure_goes_on_after_its_eraser_was_killed(
    tmp_path: Path, postgres_dsn: str, killed_after: str
) -> None:
    async with asked_host(tmp_path, postgres_dsn) as around:
        cell = around.cell
        await around.tell_host()
        cell.history.tell(PersonErased(person_id=person("anna")), by=SYSTEM)
        await cell.read()
        await _run_and_kill(
            "erase_until_killed",
            postgres_dsn,
            around.url,
            cell.now.isoformat(),
            killed_after,
            lines=1,
        )
        await cell.erase(cell.eraser(around.clients.notification))
        shown = "".join(await around.read_inboxes())
        assert "erased person wants to come" in shown
        assert "Anna" not in shown
        assert await cell.pool.fetchval("SELECT count(*) FROM notifier.erasures") == 0


async def test_what_a_killed_forgetter_had_begun_is_forgotten_by_the_next(
    tmp_path: Path, postgres_dsn: str
) -> None:
    async with asked_host(tmp_path, postgres_dsn) as around:
        cell, dispatcher = around.cell, await around.tell_host()
        cell.now += timedelta(days=KEEP_DAYS + 30)
        while await dispatcher.dispatch_due():  # The reminders are too late.
            pass
        before = len(await cell.lines())
        await _run_and_kill(
            "forget_until_killed", postgres_dsn, around.url, cell.now.isoformat(), lines=1
        )
        assert len(await cell.lines()) == before, "nothing is deleted that Notification may have"
        forgetter = Forgetter(ForgettingStore(cell.pool), around.clients.notification)
        forgetter.note_taken_over(cell.now)
        while await forgetter.forget_some():
            pass
        assert await cell.lines() == []
        assert "Anna" not in "".join(await around.read_inboxes())


async def _run_and_kill(program: str, *arguments: str, lines: int) -> list[str]:
    """Run the program until it has printed so many lines, kill it, and return them."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.integration.notifier.{program}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        printed = [(await child.stdout.readline()).decode().strip() for _ in range(lines)]
    child.kill()
    await child.wait()
    return printed
