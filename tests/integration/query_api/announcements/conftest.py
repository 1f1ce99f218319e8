"""The people of an announcement."""

import pytest

from tests.cells.read_side import ReadSide
from tests.integration.query_api.announcements.cast import Cast


@pytest.fixture
async def cast(reads: ReadSide) -> Cast:
    found = Cast(reads)
    await found.arrive()
    return found
