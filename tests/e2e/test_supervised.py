"""PostgreSQL of an embedded system, killed under use, comes back by itself.

What is killed under separate processes: see test_separate.
"""

from pathlib import Path

import pytest

from tests.cells.embedded import assert_guest_is_seen, confirmed_guest, running
from tests.e2e.killed import announce_and_see, kill, reached


@pytest.mark.timeout(300)
async def test_an_embedded_system_outlives_its_postgresql(tmp_path: Path) -> None:
    async with running(tmp_path) as system:
        evening_id, boris, position = await confirmed_guest(system)
        for _ in range(2):
            await kill(system, "bin/postgres -D")
            await reached(system, boris, position)
            await assert_guest_is_seen(system, evening_id, boris, position)
        await announce_and_see(system)
        assert await system.stop() == 0
