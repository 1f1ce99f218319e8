"""Asks the databases which tables they have, as the migrations make them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from asyncpg.pool import PoolConnectionProxy

from runtime.clickhouse.port import Analytics

SELECT_COLUMNS: Final = """
    SELECT n.nspname || '.' || c.relname AS name, a.attname,
           format_type(a.atttypid, a.atttypmod), NOT a.attnotnull AS nullable,
           a.attgenerated <> '' AS computed,
           coalesce(a.attnum = ANY(k.conkey), false) AS in_key
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
    WHERE c.relkind = 'r' AND n.nspname IN ('access', 'notifier', 'read_model')
    ORDER BY 1, a.attnum
"""
SELECT_CLICKHOUSE: Final = """
    SELECT table, name, type, is_in_sorting_key
    FROM system.columns
    WHERE database = currentDatabase() AND table <> 'schema_migrations'
      AND table IN (SELECT name FROM system.tables
                    WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
    ORDER BY table, position
"""


class Column(NamedTuple):
    name: str
    type: str
    in_key: bool
    nullable: bool = False
    computed: bool = False


Tables = Mapping[str, list[Column]]
"""Columns by the table's name with its schema or database."""


async def read_postgres_tables(connection: PoolConnectionProxy) -> Tables:
    """Return the tables of all schemas that services use, in order of their names."""
    found: dict[str, list[Column]] = {}
    for table, name, kind, nullable, computed, in_key in await connection.fetch(SELECT_COLUMNS):
        found.setdefault(table, []).append(Column(name, kind, in_key, nullable, computed))
    return found


async def read_clickhouse_tables(analytics: Analytics, shown: str) -> Tables:
    """Return the tables of the one database that `analytics` speaks to, which is `shown` so."""
    found: dict[str, list[Column]] = {}
    for table, name, kind, in_key in (await analytics.query(SELECT_CLICKHOUSE)).rows:
        found.setdefault(f"{shown}.{table}", []).append(Column(name, kind, bool(in_key)))
    return found
