"""PostgreSQL is killed under use: no process ends with it, and nothing acknowledged is lost."""

import os
import signal
from datetime import UTC, datetime, timedelta

from tests.attack.target import Target
from tests.servers.process_tree import find_descendant

KILLS = 3


async def test_reads_and_writes_outlive_a_killed_postgresql(target: Target, own_pid: int) -> None:
    host, _ = await target.person("host")
    for kill in range(KILLS):
        os.kill(find_descendant(own_pid, "bin/postgres -D"), signal.SIGKILL)
        begins = datetime.now(UTC) + timedelta(days=kill + 1)
        announced = await target.evening(host, event_time=begins.isoformat())
        assert announced.status == 201
        at = f"min_position={announced.position}"
        await target.read(f"/api/v1/announcement/{announced.json['id']}?{at}", host)
    await target.await_ready()
