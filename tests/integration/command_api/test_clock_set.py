"""An embedded system goes by its machine's clock, however often that is set."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cells.command_cell import command_cell, evening


async def test_commands_are_taken_before_and_after_the_clock_was_set(tmp_path: Path) -> None:
    """A laptop that wakes up after five minutes, is a day fast, and is set right."""
    ahead = timedelta(0)
    async with command_cell(tmp_path, clock=lambda: datetime.now(UTC) + ahead) as cell:
        for days, step in enumerate((0, 300, 86_400, 0), start=3):
            ahead = timedelta(seconds=step)
            anna, _ = await cell.person("anna")  # Tokens go by the same clock.
            starts_at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
            path = f"/api/v1/announcement/{cell.movie_id}"
            created = await cell.send("POST", path, anna, evening(event_time=starts_at))
            assert created.status == 201, created.body
            assert cell.readiness()["clock_right"]
            newest = (await cell.commits())[-1].decided_at
            assert abs(newest - ahead - datetime.now(UTC)) < timedelta(hours=1)
