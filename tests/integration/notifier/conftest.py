"""The notifier's parts, over tables that are empty at first."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cells.notifier_cell import NotifierCell, notifier_cell


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[NotifierCell]:
    """Tests over HTTP have a served notifier instead."""
    async with notifier_cell(tmp_path, postgres_dsn) as found:
        yield found
