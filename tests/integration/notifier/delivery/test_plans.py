"""PostgreSQL reads notices by index, also before it has statistics of a table that has grown."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from notifier.store.queue import SELECT_LEASED
from tests.cells.notifier_cell import NotifierCell, notifier_cell

PAGES_A_NOTICE_MAX: Final = 30
COPY: Final = "SELECT * FROM notifier.notices_to_copy WHERE id = ANY($1::bigint[])"
# No row of `sources` is cheaper to find than these, if one begins at either end of the key.
ADD_SOURCES: Final = """
    INSERT INTO notifier.sources (seq, event_index, recipient, kind, notice_id, event_type)
    SELECT n, 0, gen_random_uuid(), 'announce_new', abs(n), 'announcement.created'
    FROM generate_series($1::bigint, $1 + 15000) n
"""
ADD_NOTICES: Final = """
    INSERT INTO notifier.notices (key, recipient, kind, announcement_id, crowd, receipt, facts,
        happened_at, due_at, expires_at, try_at)
    SELECT n::text, gen_random_uuid(), 'announce_new', gen_random_uuid(), gen_random_uuid(), false,
        '{}', now(), now(), now(), now()
    FROM generate_series(1, 100) n RETURNING id
"""
BEFORE_AND_AFTER: Final = (-1_000_000, 1_000_000)


@pytest.fixture
async def cell(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[NotifierCell]:
    async with notifier_cell(tmp_path, postgres_dsn) as found:
        yield found


@pytest.mark.parametrize("statement", [SELECT_LEASED, COPY], ids=["leased", "copied"])
async def test_notices_are_read_by_index_before_there_are_statistics(
    cell: NotifierCell, statement: str
) -> None:
    async with cell.pool.acquire() as connection:
        ids = [row["id"] for row in await connection.fetch(ADD_NOTICES)]
        for first in BEFORE_AND_AFTER:
            await connection.execute(ADD_SOURCES, first)
        explained = await connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", ids
        )
    plan = explained[0]["Plan"]
    assert plan["Actual Rows"] == len(ids)
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= PAGES_A_NOTICE_MAX * len(ids)
