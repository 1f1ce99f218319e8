"""Two cells side by side on one machine, behind one port, with the same people."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from launcher.servers.process import free_port
from tests.cells.embedded import (
    PRACTIX,
    START_S_MAX,
    RunningSystem,
    confirm_guest,
    evening,
    run_system,
)
from tests.paths import ROOT

MSK, SPB = "msk.localhost", "spb.localhost"


@asynccontextmanager
async def one_port(cells: dict[str, RunningSystem]) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of `practix gateway` in front of the cells."""
    port = free_port()
    named = [f"{name}={system.url}" for name, system in cells.items()]
    process = subprocess.Popen(
        [*PRACTIX, "gateway", *named, "--json"],
        env={**next(iter(cells.values())).environment, "PORT": str(port)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S_MAX):
            greeting = await asyncio.to_thread(process.stdout.readline)
        assert msgspec.json.decode(greeting)["spb"] == f"http://{SPB}:{port}"
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        process.terminate()
        assert await asyncio.to_thread(process.wait, START_S_MAX) == 0
        process.stdout.close()


async def ask(
    client: aiohttp.ClientSession, cell: str, method: str, path: str, token: str, **given: object
) -> tuple[int, Any, int]:
    """Return status, body and position of the cell's answer."""
    headers = {"Host": cell, "Authorization": f"Bearer {token}"}
    async with client.request(method, path, headers=headers, json=given or None) as answer:
        return answer.status, await answer.json(), int(answer.headers.get("X-Position", 0))


async def test_what_happens_in_one_cell_is_not_known_in_the_other(tmp_path: Path) -> None:
    async with (
        run_system(tmp_path) as msk,
        run_system(tmp_path, PRACTIX_CELL="spb") as spb,
        one_port({"msk": msk, "spb": spb}) as port,
    ):
        assert (tmp_path / "cells" / "spb" / "journal.sqlite").exists()
        evening_id, boris, position = await confirm_guest(msk)

        # Carol logs in at one cell: Auth is the same for both, so she is known in the other.
        carol = await spb.token("carol")
        film = await msk.film()
        path = f"/api/v1/announcement/{film}"
        status, created, second = await ask(port, SPB, "POST", path, carol, **evening())
        assert (status, created["author_name"]) == (201, "Carol")
        status, _, third = await ask(port, MSK, "POST", path, carol, **evening())
        assert status == 201

        # Positions are independent: each cell counts its own records.
        assert third > position > second > 0
        of_msk = f"/api/v1/announcement/{evening_id}"
        status, seen, _ = await ask(port, MSK, "GET", f"{of_msk}?min_position={position}", boris)
        assert (status, seen["tickets_left"]) == (200, 1)

        # An id of the other cell is absent, for reads and for commands.
        of_spb = f"/api/v1/announcement/{created['id']}"
        read = f"?min_position={second}"
        assert (await ask(port, SPB, "GET", of_spb + read, carol))[0] == 200
        absent = await ask(port, SPB, "GET", of_msk + read, boris)
        assert (absent[0], absent[1]["code"]) == (404, "not_found")
        assert (await ask(port, MSK, "GET", of_spb, carol))[0] == 404
        booking = f"/api/v1/booking/{evening_id}"
        assert (await ask(port, SPB, "POST", booking, carol))[0] == 404
        assert (await ask(port, MSK, "POST", booking, carol))[0] == 409  # She is at her own.

        # The booking that was made in one is no booking in the other.
        mine = "/api/v1/bookings?role=guest"
        assert len((await ask(port, MSK, "GET", mine, boris))[1]) == 1
        assert (await ask(port, SPB, "GET", mine, boris))[:2] == (200, [])

        # What one cell signed opens nothing in the other.
        _, feed, _ = await ask(port, MSK, "GET", "/api/v1/schedule/feed", boris)
        for cell, expected in ((MSK, 200), (SPB, 404)):
            async with port.get(str(feed["url"]), headers={"Host": cell}) as answer:
                assert answer.status == expected
        for system in (msk, spb):
            verified = await asyncio.to_thread(system.command, "verify", "--json")
            assert verified.returncode == 0, verified.stderr
