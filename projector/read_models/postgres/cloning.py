"""Makes empty tables like those of one schema in another, and lets some change places.

Generated columns and indexes go on calling the functions that they called where they were copied
from: a table keeps them when it changes its schema. Triggers call functions of their own schema,
so they are made anew when their table moves.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

_NAME_EVERYTHING: Final = "SET LOCAL search_path = pg_catalog"
"""Lets PostgreSQL write the schema of everything into a definition."""
_SELECT_TABLES: Final = """
    SELECT relname AS name, array_to_string(reloptions, ', ') AS options FROM pg_class
    WHERE relnamespace = $1::regnamespace AND relkind = 'r'
"""
# What LIKE leaves out. The first says what the planner's statistics must not quote.
_SELECT_STATISTICS: Final = """
    SELECT relname AS name, attname AS column, attstattarget AS target
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND NOT attisdropped
      AND attnum > 0 AND attstattarget >= 0
"""
_SELECT_CONSTRAINTS: Final = """
    SELECT relname AS table, conname AS name, pg_get_constraintdef(pg_constraint.oid) AS definition
    FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE connamespace = $1::regnamespace AND contype IN ('p', 'u', 'x')
"""
_SELECT_INDEXES: Final = """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = $1::regnamespace
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_SELECT_FUNCTIONS: Final = """
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = $1::regnamespace ORDER BY oid
"""
_SELECT_TRIGGERS: Final = """
    SELECT relname AS table, tgname AS name, pg_get_triggerdef(pg_trigger.oid) AS definition
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = $1::regnamespace AND NOT tgisinternal
"""


async def clone_tables(connection: PoolConnectionProxy, schema: str, clone: str) -> None:
    """Make the schema `clone` with all tables of `schema`, empty, their indexes and triggers, and
    with its functions. Afterwards the transaction has to name every schema."""
    await connection.execute(_NAME_EVERYTHING)
    await connection.execute(f"CREATE SCHEMA {clone}")
    for table in await connection.fetch(_SELECT_TABLES, schema):
        await connection.execute(
            f"CREATE TABLE {clone}.{table['name']} "
            f"(LIKE {schema}.{table['name']} INCLUDING ALL EXCLUDING INDEXES)"
        )
        if table["options"]:
            await connection.execute(
                f"ALTER TABLE {clone}.{table['name']} SET ({table['options']})"
            )
    for definitions in (
        [
            f"ALTER TABLE {clone}.{name} ALTER COLUMN {column} SET STATISTICS {target}"
            for name, column, target in await connection.fetch(_SELECT_STATISTICS, schema)
        ],
        [
            f"ALTER TABLE {clone}.{table} ADD CONSTRAINT {name} {definition}"
            for table, name, definition in await connection.fetch(_SELECT_CONSTRAINTS, schema)
        ],
        [
            row[0].replace(f" ON {schema}.", f" ON {clone}.", 1)
            for row in await connection.fetch(_SELECT_INDEXES, schema)
        ],
        _rename(schema, clone, await connection.fetch(_SELECT_FUNCTIONS, schema)),
        _rename(schema, clone, await connection.fetch(_SELECT_TRIGGERS, schema)),
    ):
        for definition in definitions:
            await connection.execute(definition)


async def exchange_tables(
    connection: PoolConnectionProxy, one: str, other: str, names: Collection[str]
) -> None:
    """Let these tables of two schemas change places. Each schema has all of its triggers then.
    Afterwards the transaction has to name every schema."""
    await connection.execute(_NAME_EVERYTHING)
    triggers = [
        (schema, row)
        for schema in (one, other)
        for row in await connection.fetch(_SELECT_TRIGGERS, schema)
        if row["table"] in names
    ]
    for schema, row in triggers:
        await connection.execute(f"DROP TRIGGER {row['name']} ON {schema}.{row['table']}")
    passing = f"{one}_passing"
    await connection.execute(f"CREATE SCHEMA {passing}")
    for name in names:
        for old, new in ((one, passing), (other, one), (passing, other)):
            await connection.execute(f"ALTER TABLE {old}.{name} SET SCHEMA {new}")
    await connection.execute(f"DROP SCHEMA {passing}")
    for _, row in triggers:
        await connection.execute(row["definition"])


def _rename(schema: str, clone: str, rows: Collection[asyncpg.Record]) -> Iterator[str]:
    """Yield the definitions, each the last column of its row, with the other schema."""
    for row in rows:
        yield re.sub(rf"\b{schema}\b", clone, row[-1])
