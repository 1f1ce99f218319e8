"""PostgreSQL of an embedded system, killed under use, comes back by itself.

What is killed under separate processes: see test_separate.
"""

from pathlib import Path

from tests.cells.embedded import assert_guest_is_seen, confirm_guest, run_system
from tests.e2e.killed import announce_and_see, kill, wait_for_position


async def test_an_embedded_system_outlives_its_postgresql(tmp_path: Path) -> None:
    async with run_system(tmp_path) as system:
        evening_id, boris, position = await confirm_guest(system)
        for _ in range(2):
            await kill(system, "bin/postgres -D")
            await wait_for_position(system, boris, position)
            await assert_guest_is_seen(system, evening_id, boris, position)
        await announce_and_see(system)
        assert await system.stop() == 0
