"""What the processes count of their own work, as `/metrics` shows it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from contracts.events.booking import BookingRequested
from tests.cells.command_cell import CommandCell, command_cell, evening
from tests.cells.notifier_cell import notifier_cell
from tests.histories.notifier_events import booking, created, published, seen


@pytest.fixture
async def cell(tmp_path: Path) -> AsyncIterator[CommandCell]:
    async with command_cell(tmp_path) as found:
        yield found


class Grown:
    """By how much figures have grown since: one process counts for all its tests."""

    def __init__(self) -> None:
        self._before = self._all()

    def __call__(self, name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return self._all().get(key, 0) - self._before.get(key, 0)

    @staticmethod
    def _all() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in REGISTRY.collect()
            for sample in family.samples
        }


async def test_answered_commands_are_counted_by_what_they_came_to(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    grown, path = Grown(), f"/api/v1/announcement/{cell.movie_id}"
    body = evening()
    for _ in range(2):
        announced = await cell.send("POST", path, anna, body, Idempotency_Key="once")
    await cell.send("POST", f"/api/v1/booking/{announced.body['id']}", anna)
    await cell.send("POST", path, anna, evening(title="Another"), Idempotency_Key="once")
    outcomes = "command_api_outcomes_total"
    assert grown(outcomes, code="announcement_created", replayed="no") == 1
    assert grown(outcomes, code="announcement_created", replayed="yes") == 1
    assert grown(outcomes, code="own_announcement", replayed="no") == 1
    assert grown(outcomes, code="key_reused", replayed="no") == 1


async def test_deciding_and_appending_are_measured(cell: CommandCell) -> None:
    anna, _ = await cell.person("anna")
    grown = Grown()
    await cell.send("POST", f"/api/v1/announcement/{cell.movie_id}", anna, evening())
    assert grown("command_api_decide_seconds_count") == 1
    assert 0 < grown("command_api_decide_seconds_sum") < 10
    assert grown("command_api_append_seconds_count") == 1
    assert 0 <= grown("command_api_append_seconds_sum") < 60


async def test_notices_that_nobody_takes_are_overdue(tmp_path: Path, postgres_dsn: str) -> None:
    async with notifier_cell(tmp_path, postgres_dsn) as cell:
        cell.history.tell(seen("host"), seen("anna"), created(), published())
        cell.history.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
        await cell.read()
        assert await cell.queue.count_overdue(cell.now - timedelta(days=1)) == 0
        cell.now += timedelta(minutes=10)
        cell.around.down = {"notification"}
        await cell.send()
        assert await cell.queue.count_overdue(cell.now) > 0
        cell.around.down = set()
        cell.now += timedelta(minutes=10)
        await cell.send()
        assert await cell.queue.count_overdue(cell.now) == 0
