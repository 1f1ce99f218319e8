"""The inventory of personal data states every text column that there is, and no other."""

import sqlite3
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from launcher.inventory.stated import HISTORY, NOTIFIER, STAND_IN
from launcher.inventory.tables import list_table_texts
from launcher.inventory.texts import Inventory, list_names
from neighbours.store import FILE_NAME, Store
from runtime.clickhouse.chdb import ChdbAnalytics
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, MIGRATIONS, migrate

TEXTLESS: Final = (
    *("uuid", "bigint", "integer", "smallint", "boolean", "double precision", "numeric"),
    *("timestamp with time zone", "date", "interval"),
)
SELECT_POSTGRES: Final = """
    SELECT table_schema || '.' || table_name, column_name
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND data_type <> ALL ($1)
      AND table_type = 'BASE TABLE'  -- A view holds nothing of its own.
"""
SELECT_CLICKHOUSE: Final = """
    SELECT table, name FROM system.columns
    WHERE database = currentDatabase() AND type LIKE '%String%'
      AND table IN (SELECT name FROM system.tables
                    WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
"""
SELECT_SQLITE: Final = """
    SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'  -- SQLite's own tables.
      AND c.type NOT IN ('INTEGER', 'REAL')
"""
ADVICE: Final = "state it in launcher/inventory/, and `make personal-data`"


def pairs_of(inventory: Inventory) -> list[tuple[str, str]]:
    return sorted((place, name) for place, held in inventory.items() for name in list_names(held))


async def test_every_text_column_of_postgresql_is_stated_once(tables: asyncpg.Pool) -> None:
    found = [tuple(row) for row in await tables.fetch(SELECT_POSTGRES, TEXTLESS)]
    assert pairs_of({**list_table_texts(), **NOTIFIER}) == sorted(found), ADVICE


@pytest.mark.parametrize(
    ("name", "migrations"), [("history", MIGRATIONS), ("practix_analysts", ANALYSTS_MIGRATIONS)]
)
async def test_every_text_column_of_clickhouse_is_stated_once(
    tmp_path: Path, name: str, migrations: Path
) -> None:
    analytics = ChdbAnalytics(tmp_path / name)
    try:
        await migrate(analytics, migrations)
        rows = (await analytics.query(SELECT_CLICKHOUSE)).rows
    finally:
        await analytics.close()
    stated = [pair for pair in pairs_of(HISTORY) if pair[0].startswith(f"{name}.")]
    assert stated == sorted((f"{name}.{table}", column) for table, column in rows), ADVICE


def test_every_text_column_of_the_stand_in_is_stated_once(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as file:
        found = sorted(file.execute(SELECT_SQLITE))
    assert pairs_of(STAND_IN) == found, ADVICE
