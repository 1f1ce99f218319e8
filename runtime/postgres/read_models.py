"""Knows in which schema the read models of each shape are.

A *shape* is what the migrations of a build make of the read models; their digest names it. Builds
of different shapes work side by side, each with a schema of its own. `public.read_models` says
which shape is in which schema. No schema ever gets another shape or another name, so a process
that looks for its own tables finds these or none.

The first shape of a database is in `read_model`, where its migrations make it. Any other one is
made beside it, by the projector that needs it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from asyncpg.pool import PoolConnectionProxy

from runtime.migration_files import digest, read_migrations
from runtime.postgres.pools import READ_MODEL

BEFORE: Final = "before"
"""Stands for the shape of tables that were made before shapes had names, by another build."""
NAME_CHARS: Final = 12
CHANNEL_OF_POSITIONS: Final = f"""
    CASE current_schema() WHEN '{READ_MODEL}' THEN 'projected'
    ELSE 'projected ' || current_schema() END
"""
"""SQL of the channel on which the writer of these tables notifies their readers of its position."""

_NAME: Final = re.compile(rf"\b{READ_MODEL}\b")
_TABLE_EXISTS: Final = "SELECT to_regclass('public.read_models') IS NOT NULL"
_SCHEMA_EXISTS: Final = "SELECT to_regnamespace($1) IS NOT NULL"
_CREATE_TABLE: Final = """
    CREATE TABLE public.read_models (
        shape text PRIMARY KEY,
        schema_name text NOT NULL UNIQUE,
        made_at timestamptz NOT NULL DEFAULT now(),
        ready_at timestamptz  -- Since when it may be read.
    )
"""
_SELECT: Final = "SELECT shape, schema_name, ready_at IS NOT NULL FROM public.read_models"
_INSERT: Final = """
    INSERT INTO public.read_models (shape, schema_name, ready_at)
    VALUES ($1, $2, CASE WHEN $3 THEN now() END)
"""
_STORE_READY: Final = """
    UPDATE public.read_models SET ready_at = now()
    WHERE shape = $1 AND schema_name = $2 AND ready_at IS NULL
"""
_STORE_UNREADY: Final = """
    UPDATE public.read_models SET ready_at = NULL WHERE shape = $1 AND schema_name = $2
"""
_DELETE: Final = "DELETE FROM public.read_models WHERE shape = $1"


class BuildShape(NamedTuple):
    """What the migrations in a folder make of the read models."""

    name: str
    statements: Sequence[str]
    """Content of each file, in order. It names the schema `read_model`."""
    directory: Path

    @property
    def schema(self) -> str:
        """The schema in which the shape is made if it is not the first one of the database."""
        return f"{READ_MODEL}_{self.name}"

    def statements_for(self, schema: str) -> Sequence[str]:
        """Return the statements with the name of another schema."""
        return [_NAME.sub(schema, one) for one in self.statements]


class ShapePlace(NamedTuple):
    """Where the read models of a shape are."""

    shape: str
    schema: str
    ready: bool
    """Whether they were filled and compared, so that they may be read."""


def makes_read_models(content: bytes) -> bool:
    """Return whether a migration belongs to the read models."""
    return f"{READ_MODEL}.".encode() in content


def read_shape(directory: Path) -> BuildShape:
    """Return the shape that the migrations in this folder make."""
    files = read_migrations(directory).values()
    statements = [content.decode() for content in files if makes_read_models(content)]
    return BuildShape(digest("".join(statements).encode())[:NAME_CHARS], statements, directory)


async def list_places(connection: PoolConnectionProxy) -> list[ShapePlace]:
    """Return where each shape is; nothing before the first migration."""
    if not await connection.fetchval(_TABLE_EXISTS):
        return []
    return [
        ShapePlace(*row) for row in await connection.fetch(f"{_SELECT} ORDER BY made_at, shape")
    ]


async def find_place(connection: PoolConnectionProxy, shape: str) -> ShapePlace | None:
    """Return where this shape is; None if nobody has made it."""
    found = {place.shape: place for place in await list_places(connection)}
    return found.get(shape)


async def register(connection: PoolConnectionProxy, place: ShapePlace) -> None:
    """Note where a shape is."""
    await connection.execute(_INSERT, *place)


async def unregister(connection: PoolConnectionProxy, shape: str) -> None:
    """Note that a shape is nowhere any more."""
    await connection.execute(_DELETE, shape)


async def note_ready(connection: PoolConnectionProxy, shape: str, schema: str) -> None:
    """Note that the shape in this schema may be read from now on."""
    await connection.execute(_STORE_READY, shape, schema)


async def note_unready(connection: PoolConnectionProxy, shape: str, schema: str) -> None:
    """Note that the shape in this schema may not be read for now."""
    await connection.execute(_STORE_UNREADY, shape, schema)


async def begin_registry(
    connection: PoolConnectionProxy,
    shape: BuildShape,
    files: Mapping[str, bytes],
    applied: Collection[str],
) -> None:
    """Make the table of shapes if there is none, and note whose tables are in `read_model`: those
    that earlier builds have made there, or that `shape`'s migrations are about to make.

    `applied` are the names of the migrations that were applied; one that is not in `files` counts
    as one of the read models.
    """
    if not shape.statements or await connection.fetchval(_TABLE_EXISTS):
        return
    own = {name for name, content in files.items() if makes_read_models(content)}
    found = {name for name in applied if name not in files or name in own}
    async with connection.transaction():
        await connection.execute(_CREATE_TABLE)
        if not found:
            await register(connection, ShapePlace(shape.name, READ_MODEL, ready=False))
        elif await connection.fetchval(_SCHEMA_EXISTS, READ_MODEL):
            name = shape.name if found == own else BEFORE
            await register(connection, ShapePlace(name, READ_MODEL, ready=True))


async def is_begun(connection: PoolConnectionProxy, shape: BuildShape) -> bool:
    """Return whether it is known whose tables are in `read_model`, or nobody needs to know."""
    return not shape.statements or bool(await connection.fetchval(_TABLE_EXISTS))


async def may_migrate(connection: PoolConnectionProxy, shape: BuildShape) -> bool:
    """Return whether this shape's migrations make or have made the tables in `read_model`, or
    nobody knows yet."""
    if not await connection.fetchval(_TABLE_EXISTS):
        return True
    place = await find_place(connection, shape.name)
    return place is not None and place.schema == READ_MODEL
