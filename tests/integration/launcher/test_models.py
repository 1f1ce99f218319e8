"""The page of models says what the code and the migrations make."""

from pathlib import Path

import asyncpg

from launcher.documents.models import PAGE, read_history_tables, render
from launcher.documents.tables import read_postgres_tables


async def test_the_page_of_models_is_up_to_date(tables: asyncpg.Pool, tmp_path: Path) -> None:
    async with tables.acquire() as connection:
        relational = await read_postgres_tables(connection)
    page = render(relational, await read_history_tables(tmp_path))
    assert PAGE.read_text() == page, "make models"
