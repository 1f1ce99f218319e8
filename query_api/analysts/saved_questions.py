"""Keeps the questions that analysts save for each other, by name."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import asyncpg
import msgspec

from contracts.errors import Forbidden, NotFound, Unavailable
from contracts.values.languages import Language
from query_api.analysts.answers import PlotWanted
from query_api.analysts.questions import QuestionParameter, bind_parameters, version_of
from runtime.clickhouse.port import SqlParameter
from runtime.postgres.tables import TablesUnavailable, acquire_connection, transaction

SAVED_MAX: Final = 200
PARAMETERS_MAX: Final = 10

# No NUL, which PostgreSQL cannot store.
Sql = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=r"^[^\x00]*\Z")]
Line = Annotated[
    str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*\Z")
]
Words = Annotated[str, msgspec.Meta(max_length=2_000, pattern=r"^[^\x00]*\Z")]
Default = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*\Z")]
NAME_PATTERN: Final = r"^[a-z][a-z0-9_]{0,59}\Z"
QuestionName = Annotated[str, msgspec.Meta(pattern=NAME_PATTERN)]

_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(hashtext('access.saved_questions'))"
_COUNT_OTHERS: Final = "SELECT count(*) FROM access.saved_questions WHERE name <> $1"
_SAVE: Final = """
    INSERT INTO access.saved_questions
        (name, title, description, sql, parameters, plot, saved_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (name) DO UPDATE SET
        title = excluded.title, description = excluded.description, sql = excluded.sql,
        parameters = excluded.parameters, plot = excluded.plot, saved_at = excluded.saved_at
    RETURNING xmax = 0
"""
_DELETE: Final = "DELETE FROM access.saved_questions WHERE name = $1 RETURNING name"
_SELECT: Final = """
    SELECT name, title, description, sql, parameters, plot, saved_at
    FROM access.saved_questions WHERE $1::text IS NULL OR name = $1 ORDER BY name
"""


class SavedParameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A parameter that the SQL names as `%(name)s`."""

    name: QuestionName
    kind: Literal["int", "day", "text"]
    default: Default


class QuestionText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as an analyst writes it."""

    sql: Sql
    title: Line
    description: Words = ""
    parameters: Annotated[tuple[SavedParameter, ...], msgspec.Meta(max_length=PARAMETERS_MAX)] = ()
    plot: PlotWanted | None = None


class SavedQuestion(msgspec.Struct, frozen=True):
    name: str
    text: QuestionText
    saved_at: datetime

    @property
    def sql(self) -> str:
        return self.text.sql

    def bind(self, given: Mapping[str, str]) -> dict[str, SqlParameter]:
        """Return a value for every parameter: the given one, or the default. Raises
        BadParameter."""
        declared = [QuestionParameter(*msgspec.structs.astuple(p)) for p in self.text.parameters]
        return bind_parameters(self.name, declared, given)

    def summary(self, _language: Language) -> dict[str, Any]:
        """Return what a client needs to list, ask and plot the question. Its title is as it was
        typed."""
        return {
            "name": self.name,
            "title": self.text.title,
            "description": self.text.description,
            "parameters": msgspec.to_builtins(self.text.parameters),
            "plot": msgspec.to_builtins(self.text.plot),
            "version": version_of(self.sql),
            "saved_at": self.saved_at,
        }


class SavedQuestions:
    """The table of saved questions. Methods raise Unavailable."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list_all(self) -> list[SavedQuestion]:
        """Return all of them in alphabetical order."""
        return await self._select(None)

    async def find(self, name: str) -> SavedQuestion:
        """Raises NotFound."""
        if not _is_name(name):
            raise NotFound
        found = await self._select(name)
        if not found:
            raise NotFound
        return found[0]

    async def save(self, question: SavedQuestion) -> bool:
        """Add the question, or put it in the place of the one with its name. Returns whether it
        is new. Raises Forbidden if there are too many."""
        text = question.text
        try:
            async with transaction(self._pool) as connection:
                # The query service's role only reads, unless it says otherwise.
                await connection.execute("SET TRANSACTION READ WRITE")
                await connection.execute(_ONE_AT_A_TIME)
                if await connection.fetchval(_COUNT_OTHERS, question.name) >= SAVED_MAX:
                    raise Forbidden("too_many_saved_questions", {"maximum": SAVED_MAX})
                is_new: bool = await connection.fetchval(
                    _SAVE,
                    question.name,
                    text.title,
                    text.description,
                    text.sql,
                    msgspec.to_builtins(text.parameters),
                    msgspec.to_builtins(text.plot),
                    question.saved_at,
                )
                return is_new
        except TablesUnavailable as error:
            raise Unavailable from error

    async def delete(self, name: str) -> None:
        """Raises NotFound."""
        try:
            async with transaction(self._pool) as connection:
                await connection.execute("SET TRANSACTION READ WRITE")
                if await connection.fetchval(_DELETE, name) is None:
                    raise NotFound
        except TablesUnavailable as error:
            raise Unavailable from error

    async def _select(self, name: str | None) -> list[SavedQuestion]:
        try:
            async with acquire_connection(self._pool) as connection:
                rows = await connection.fetch(_SELECT, name)
        except TablesUnavailable as error:
            raise Unavailable from error
        return [_read(row) for row in rows]


def _is_name(text: str) -> bool:
    return re.fullmatch(NAME_PATTERN, text) is not None


def _read(row: asyncpg.Record) -> SavedQuestion:
    kept = {key: row[key] for key in ("sql", "title", "description", "parameters", "plot")}
    return SavedQuestion(row["name"], msgspec.convert(kept, QuestionText), row["saved_at"])
