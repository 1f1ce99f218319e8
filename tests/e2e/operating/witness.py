"""What tests of backups do to a running system, and how they see what people were told."""

import asyncio
import json
from itertools import cycle
from pathlib import Path
from typing import Any

from launcher.servers.postgres import DATABASE, USER
from launcher.servers.process import HOST
from tests.cells.embedded import RunningSystem
from tests.waiting import WITHIN_S


async def command(system: RunningSystem, *arguments: str) -> Any:
    """Run a verb, which must succeed, and return what it prints."""
    done = await asyncio.to_thread(system.command, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def wait_told(system: RunningSystem, approvals: int) -> list[tuple[str, str]]:
    """Return type and link of what Boris was told, once he was told of so many approvals."""
    boris, _ = await system.send("POST", "/neighbours/auth/token", body={"login": "boris"})
    path = f"/neighbours/notification/inbox/{boris['user_id']}"
    async with asyncio.timeout(WITHIN_S):
        while True:
            inbox = await system.get(path, boris["access_token"])
            told = sorted((one["event_type"], one["short_link"]) for one in inbox)
            if sum(kind == "booking_status" for kind, _ in told) == approvals:
                return told
            await asyncio.sleep(0.1)


async def ask_without_pause(system: RunningSystem) -> None:
    """Keep the journal growing until cancelled, by somebody whom the limit may stop."""
    dmitri = await system.token("dmitri")
    host, _ = await system.send("POST", "/neighbours/auth/token", body={"login": "vera"})
    for method in cycle(("PUT", "DELETE")):
        await system.send(method, f"/api/v1/user/{host['user_id']}/mute", dmitri, expect=None)


def find_postgres(data: Path) -> str:
    """Return the owner's address of the PostgreSQL that runs on this data."""
    home = data / "postgres"
    port = (home / "cluster" / "postmaster.pid").read_text().splitlines()[3]
    password = (home / "postgres.password").read_text()
    return f"postgresql://{USER}:{password}@{HOST}:{port}/{DATABASE}"
