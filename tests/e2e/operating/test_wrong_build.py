"""A build whose read models never become ready: a roll ends, and a restart serves what it can."""

import signal
from pathlib import Path

import aiohttp

from launcher.servers import kafka
from tests.cells.embedded import SEPARATE, RunningSystem, confirm_guest, evening, run_system
from tests.compose.traffic import Traffic
from tests.conftest import unavailable
from tests.e2e.operating.builds import TrafficReader, copy_code
from tests.integration.projector.shapes.builds import SPOILS_NAMES

PROBLEM = "different: "


async def test_a_build_with_wrong_read_models_takes_nothing_away(tmp_path: Path) -> None:
    if reason := kafka.why_unavailable():
        unavailable(reason)
    root, data = copy_code(tmp_path / "code"), tmp_path / "data"
    wrong = root / "migrations" / "postgres" / "0999_wrong.sql"
    environment = {**SEPARATE, "PRACTIX_PROCESSES": "2", "PYTHONPATH": str(root)}
    async with run_system(data, **environment) as system:
        _, boris, _ = await confirm_guest(system)
        wrong.write_text(SPOILS_NAMES)
        traffic, reader = Traffic(system.session, system.url), TrafficReader(system, boris)
        async with reader.reading(), traffic.flowing():
            await traffic.progress()
            system.process.send_signal(signal.SIGUSR1)
            ended = await system.read_until("processes were replaced")
            assert ended.startswith("not all"), ended
            assert PROBLEM in ended
            await traffic.progress()
        assert (traffic.lost, reader.failed) == ([], [])
        anna = await system.token("anna")
        await traffic.demand_all_readable(anna)
        film = await system.film()
    async with aiohttp.ClientSession() as session:
        system = RunningSystem(data, session, **environment | {"PRACTIX_PROCESSES": "1"})
        try:
            assert PROBLEM in await system.read_until("reads wait")
            path = f"/api/v1/announcement/{film}"
            later = evening(event_time="2031-05-05T18:00:00Z")
            await system.send("POST", path, anna, later, expect=201)
            refused = await system.get("/api/v1/announcements", boris, expect=503)
            assert refused["code"] == "unavailable"
        finally:
            await system.close()
