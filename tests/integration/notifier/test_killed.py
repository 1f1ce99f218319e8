"""After `kill -9` between sending and recording, the key still makes it a single message."""

import asyncio
import sys
from pathlib import Path

import aiohttp

from contracts.events.booking import BookingRequested
from neighbours.app import create_app
from notifier.dispatcher import Dispatcher
from runtime.outside.wiring import OutsideClients
from runtime.process.tasks import end, keep_running
from tests.cells.notifier_cell import notifier_cell
from tests.cells.stand_in import OPERATOR, build_settings, stand_in_settings
from tests.histories.notifier_events import booking, created, person, published, seen
from tests.servers.http_server import served

WITHIN_S = 60.0
NOTICES = 2


async def test_killed_between_sending_and_recording_each_message_arrives_once(
    tmp_path: Path, postgres_dsn: str
) -> None:
    app = create_app(stand_in_settings(tmp_path / "around"))
    async with (
        notifier_cell(tmp_path, postgres_dsn) as cell,
        served(app) as url,
        aiohttp.ClientSession() as session,
    ):
        clients = OutsideClients(session, build_settings(url))
        cell.history.tell(seen("host"), seen("anna"), created(), published())
        cell.history.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
        await cell.read()
        sent = await _send_and_be_killed(postgres_dsn, url, cell.now.isoformat())
        assert {line["state"] for line in await cell.lines()} == {"waiting"}

        dispatcher = Dispatcher(
            cell.queue,
            notification=clients.notification,
            shortener=clients.shortener,
            auth=clients.auth,
            ugc=clients.ugc,
            clock=lambda: cell.now,
        )
        running = keep_running(dispatcher.run(), "dispatcher")
        async with asyncio.timeout(WITHIN_S):  # No clock is turned: nobody waits for leases.
            while len(await cell.lines(state="sent")) < NOTICES:
                await asyncio.sleep(0.05)
        await end(running)
        inboxes: list[str] = []
        operator = {"Authorization": f"Bearer {OPERATOR}"}
        for name in ("host", "anna"):
            path = f"{url}/neighbours/notification/inbox/{person(name)}"
            async with session.get(path, headers=operator) as response:
                inboxes += [one["key"] for one in await response.json()]
        assert sorted(inboxes) == sorted(sent)


async def _send_and_be_killed(dsn: str, url: str, now: str) -> list[str]:
    """The keys that Notification had taken by then."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.notifier.send_until_killed",
        dsn,
        url,
        now,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        keys = [(await child.stdout.readline()).decode().strip() for _ in range(NOTICES)]
    child.kill()
    await child.wait()
    return keys
