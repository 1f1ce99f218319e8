"""A served notifier with one evening."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.events.booking import BookingApproved, BookingRequested
from tests.histories.notifier_events import booking, created, published, seen
from tests.integration.notifier.http.served_notifier import ServedNotifier, running
from tests.waiting import WITHIN_S


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[ServedNotifier]:
    """Anna is confirmed at the host's evening in three days."""
    async with running(tmp_path, postgres_dsn) as found:
        history = found.history
        async with asyncio.timeout(WITHIN_S):
            while not found.service.ready:
                await asyncio.sleep(0.02)
        history.tell(seen("host", "ru"), seen("anna"), created(), published())
        history.tell(booking(BookingRequested, "anna", (None, True)), by="anna")
        history.tell(booking(BookingApproved, "anna", (True, True)))
        yield found
