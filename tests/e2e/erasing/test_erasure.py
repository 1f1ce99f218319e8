"""People are erased while the whole system is killed in the middle of it."""

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.at_rest import find_files_with, list_files
from tests.cells.embedded import RunningSystem, evening, run_system
from tests.waiting import WITHIN_S

PEOPLE = 12
CANARY = "canary"


async def fill(system: RunningSystem) -> dict[str, str]:
    """Let everybody announce an evening and ask for a seat at the next one's. Return each one's
    id and token."""
    film = await system.film()
    people: dict[str, str] = {}
    evenings = []
    for number in range(PEOPLE):
        token = await system.token(f"{CANARY}-{number}")
        starts_at = datetime.now(UTC) + timedelta(days=1 + number)
        body = evening(title=CANARY, description=CANARY, event_time=starts_at.isoformat())
        made, _ = await system.send("POST", f"/api/v1/announcement/{film}", token, body, expect=201)
        people[made["author_id"]] = token
        evenings.append(made["id"])
    for token, evening_id in zip(people.values(), evenings[1:] + evenings[:1], strict=True):
        ask = f"/api/v1/booking/{evening_id}"
        await system.send("POST", ask, token, {"message": CANARY}, expect=201)
    return people


async def count_erased(system: RunningSystem, people: dict[str, str]) -> int:
    states = [await system.get("/api/v1/my/erasure", token) for token in people.values()]
    return sum(state["state"] == "erased" for state in states)


async def wait_for_checkpoint(system: RunningSystem) -> None:
    """Wait until the image is on disk as it is now."""
    seq = (await system.send("GET", "/api/v1/my/erasure", await system.token("olga")))[1]
    async with asyncio.timeout(WITHIN_S):
        while True:
            async with system.session.get(system.url + "/metrics") as response:
                lines = (await response.text()).splitlines()
            (written,) = [
                one for one in lines if one.startswith("command_api_checkpoint_position ")
            ]
            if float(written.split()[1]) >= seq:
                return
            await asyncio.sleep(0.5)


async def test_an_erasure_that_is_killed_goes_on_and_leaves_nothing_in_the_image(
    tmp_path: Path,
) -> None:
    async with run_system(tmp_path) as system:
        people = await fill(system)
        operator = system.operator_token
        for person_id in people:
            path = f"/api/v1/operator/user/{person_id}/erasure"
            await system.send("PUT", path, operator, {"by": "Olga", "at_once": True})
        assert await system.stop(signal.SIGKILL) == -signal.SIGKILL
    async with run_system(tmp_path) as system:
        async with asyncio.timeout(WITHIN_S):
            while await count_erased(system, people) < PEOPLE:
                await asyncio.sleep(0.2)
        await wait_for_checkpoint(system)
        images = {path for path in list_files(tmp_path) if path.name.startswith("image.")}
        assert images
        assert images & set(find_files_with(CANARY.encode(), tmp_path)) == set()
        assert await system.stop() == 0
        offline = await asyncio.to_thread(system.command, "verify", "--offline", "--json")
        assert offline.returncode == 0, offline.stdout + offline.stderr
        assert json.loads(offline.stdout)["ok"]
