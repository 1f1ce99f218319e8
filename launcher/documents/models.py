"""Writes docs/models.md: events, tables and how they hang together (`make models`)."""

import asyncio
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import FieldInfo, fields

from launcher.documents.asyncapi import RECORDS
from launcher.documents.events import (
    first_sentence,
    group_by_family,
    is_optional,
    list_id_kinds,
    name_of,
)
from launcher.documents.tables import Column, Tables, read_clickhouse_tables, read_postgres_tables
from launcher.documents.types import describe_owner, describe_type
from launcher.servers.postgres import PostgresServer
from runtime.clickhouse.chdb import ANALYSTS_DATABASE, ChdbAnalytics
from runtime.clickhouse.chdb_frames import DEFAULT_DATABASE
from runtime.clickhouse.migrations import ANALYSTS_MIGRATIONS, MIGRATIONS
from runtime.clickhouse.migrations import migrate as migrate_clickhouse
from runtime.postgres.migrations import migrate as migrate_postgres
from runtime.postgres.pools import open_pool

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "models.md"
HOMES: Final[Mapping[str, str]] = {
    "AnnouncementId": "announcements",
    "BookingId": "bookings",
    "PersonId": "people",
    "PostId": "posts",
    "ReviewId": "ratings",
}
"""For a kind of id, the read model whose key it is."""

INTRODUCTION: Final = (
    "# Models\n\n"
    "Events, tables and how they hang together. This page is made from the code and from the "
    "migrations (`make models`); tests compare them. The journal as a schema for programs is "
    "[asyncapi.json](asyncapi.json). Whose data each text is, is in "
    "[personal data](personal-data.md).\n\n"
    "- *Events* are the truth. A record of the kind `commit` holds them. Tables follow from them "
    "and can be made anew.\n"
    "- *Read models* (`read_model`) and the notifier's tables (`notifier`) are in PostgreSQL, "
    "*history* and the *analysts' database* in ClickHouse. There are no foreign keys: rows are "
    "written in the order of the journal, and verify compares them with it.\n"
)


async def read_tables(directory: Path) -> tuple[Tables, Tables]:
    """Return the tables of PostgreSQL and those of ClickHouse, from servers of its own in
    `directory`."""
    async with PostgresServer(directory / "postgres") as server:
        pool = await open_pool(server.dsn)
        await migrate_postgres(pool)
        async with pool.acquire() as connection:
            relational = await read_postgres_tables(connection)
        await pool.close()
    return relational, await read_history_tables(directory)


async def read_history_tables(directory: Path) -> Tables:
    """Return the tables of the history and of the analysts' database."""
    tables: dict[str, list[Column]] = {}
    for files, database in (
        (MIGRATIONS, DEFAULT_DATABASE),
        (ANALYSTS_MIGRATIONS, ANALYSTS_DATABASE),
    ):
        analytics = ChdbAnalytics(directory / files.name, database=database)
        try:
            await migrate_clickhouse(analytics, files)
            shown = "history" if database == DEFAULT_DATABASE else database
            tables |= await read_clickhouse_tables(analytics, shown)
        finally:
            await analytics.close()
    return tables


def render(relational: Tables, history: Tables) -> str:
    """Return the whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            *_render_records(),
            *_render_families(),
            *_render_relations(relational),
            *_render_tables("Tables in PostgreSQL", relational),
            *_render_tables("Tables in ClickHouse", history),
        ]
    )


def _render_records() -> Iterator[str]:
    yield from ("## Records of the journal", "", "| record | | fields |", "|---|---|---|")
    for kind in RECORDS:
        names = ", ".join(f"`{one.name}`" for one in fields(kind))
        yield f"| `{kind.__struct_config__.tag}` | {first_sentence(kind)} | {names} |"
    yield ""


def _render_families() -> Iterator[str]:
    yield from ("## Events", "")
    for family, events in group_by_family().items():
        shared = {field.name for field in fields(family)}
        yield f"### {family.__name__}"
        yield ""
        yield f"{first_sentence(family)}. {_render_shared(family)}".rstrip()
        yield ""
        for event in events:
            own = [one for one in fields(event) if one.name not in shared]
            yield f"**`{name_of(event)}`** {first_sentence(event)}."
            yield ""
            if own:
                yield from ("| field | type | whose text |", "|---|---|---|")
                yield from (_render_field(one) for one in own)
                yield ""


def _render_shared(family: type[msgspec.Struct]) -> str:
    """Name the fields that all events of a family have."""
    names = [f"`{one.name}` ({describe_type(one.type)})" for one in fields(family)]
    return f"Each event has {', '.join(names)}." if names else ""


def _render_field(field: FieldInfo) -> str:
    optional = " (optional)" if is_optional(field) else ""
    shown = describe_type(field.type).replace("|", "\\|")
    return f"| `{field.name}` | {shown}{optional} | {describe_owner(field.type)} |"


def _render_relations(tables: Tables) -> Iterator[str]:
    """Draw which read model names rows of which other one, by the kinds of their ids."""
    kinds = list_id_kinds()
    yield from ("## How read models hang together", "", "```mermaid", "erDiagram")
    for table, columns in tables.items():
        schema, _, name = table.partition(".")
        if schema != "read_model":
            continue
        for column in columns:
            home = HOMES.get(kinds.get(column.name, ""))
            is_own_key = column.in_key and sum(one.in_key for one in columns) == 1
            if home is None or (home == name and is_own_key):
                continue
            many = "||--o|" if is_own_key else "||--o{"
            yield f"    {home} {many} {name} : {column.name}"
    yield from ("```", "")


def _render_tables(heading: str, tables: Tables) -> Iterator[str]:
    yield from (f"## {heading}", "")
    for table, columns in tables.items():
        yield from (f"### {table}", "", "| column | type | |", "|---|---|---|")
        for one in columns:
            notes = [
                *(["key"] if one.in_key else []),
                *(["may be null"] if one.nullable else []),
                *(["computed"] if one.computed else []),
            ]
            yield f"| `{one.name}` | {one.type} | {', '.join(notes)} |"
        yield ""


async def _main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        PAGE.write_text(render(*await read_tables(Path(directory))))


if __name__ == "__main__":
    asyncio.run(_main())
