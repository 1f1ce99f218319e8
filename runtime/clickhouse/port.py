"""The port to ClickHouse and its errors. Adapters exist for a server and the embedded engine.

Results contain values as in JSON: integers, floats, text, lists and None. Dates and times are
text as ClickHouse writes it (`2026-03-01`, `2026-03-01 18:30:00`). So both adapters return
the same, and a result can be sent on unchanged.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Protocol

SqlParameter = int | float | str | date | tuple[str, ...]
"""A tuple is for use after IN. ClickHouse does not accept an empty one."""
Columns = Mapping[str, Sequence[Any]]
"""The values of each column by name. All columns have the same length."""

QUERY_SECONDS_MAX: Final = 10
"""The longest time that a query for a page may take."""

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\x00": "\\0", "\n": "\\n", "\r": "\\r"}
_STACK_TRACE: Final = re.compile(r"[.,]?\s*Stack trace:.*", re.DOTALL)
_ABSENT: Final = re.compile(r"\(UNKNOWN_TABLE\)|Table \S+ doesn't exist")
"""In the answers of current and of old servers."""
_NOISE: Final = re.compile(r"(Code: \d+\. ?|DB::Exception: |\(version [^)]*\)\s*)\s*")


class AnalyticsError(Exception):
    """ClickHouse did not do what it was asked to do."""

    quotes_values = True
    """The message is ClickHouse's, for whoever asked. It is not for the log."""


class AnalyticsUnavailable(AnalyticsError):
    """ClickHouse cannot be reached now; try again later. A write may have happened."""


class QueryRefused(AnalyticsError):
    """ClickHouse refused the query. The message tells the author of the SQL why."""

    def __init__(self, message: str) -> None:
        super().__init__(_NOISE.sub("", _STACK_TRACE.sub("", message)).strip())


class TableAbsent(QueryRefused):
    """The query names a table that is not there. It may be back in a moment: a rebuild renames
    tables."""


class OwnSqlBarred(AnalyticsError):
    """An operator's own SQL is not run, because nothing here keeps it from doing harm."""

    def __init__(self, reason: str) -> None:
        """Clients branch on `reason`: never change one."""
        super().__init__(reason)
        self.reason = reason


class Quota(NamedTuple):
    """The cost limits of one question. deploy/clickhouse/analyst.xml sets the same for a server."""

    seconds_max: int = 60
    rows_max: int = 100_000
    """Rows of the result. A larger result is refused, not cut off."""
    bytes_max: int = 32_000_000
    """Size of the result, likewise."""
    memory_bytes_max: int = 1_000_000_000

    def settings(self) -> dict[str, int]:
        """Return the settings of ClickHouse. `readonly` is last: after it none can be set."""
        return {
            "max_execution_time": self.seconds_max,
            "max_result_rows": self.rows_max,
            "max_result_bytes": self.bytes_max,
            "max_memory_usage": self.memory_bytes_max,
            # Larger groups and sorts use the engine's own temporary files.
            "max_bytes_before_external_group_by": self.memory_bytes_max // 2,
            "max_bytes_before_external_sort": self.memory_bytes_max // 2,
            "readonly": 1,
        }


class ResultSet(NamedTuple):
    """The result of a SELECT."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Analytics(Protocol):
    """The operations that we need of ClickHouse. Every method raises AnalyticsUnavailable and
    QueryRefused."""

    async def create_database(self) -> None:
        """Make the database if it is missing."""
        ...

    async def execute(self, sql: str) -> None:
        """Run one statement that has no result, such as DDL or OPTIMIZE."""
        ...

    async def insert(self, table: str, columns: Columns) -> None:
        """Insert all rows as one block. Without rows nothing is sent."""
        ...

    async def query(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """Run a small SELECT of ours while somebody waits. Parameters are those of `bind`."""
        ...

    async def scan(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """Run a large SELECT of ours. No `query` has to wait until it ends."""
        ...

    async def ask(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """Run a ready question. ClickHouse itself makes it read-only and keeps it within the
        quota. No other method has to wait until it ends."""
        ...

    async def ask_own(self, sql: str) -> ResultSet:
        """Run an operator's own SQL like `ask`. It runs where it can do no harm, whatever it
        says. Raises OwnSqlBarred if nothing ensures that."""
        ...

    async def close(self) -> None:
        """Close within seconds. What still runs is broken off; a write may have happened."""
        ...


def refusal_of(message: str) -> QueryRefused:
    """Return the error for ClickHouse's own message."""
    return TableAbsent(message) if _ABSENT.search(message) else QueryRefused(message)


def bind(sql: str, parameters: Mapping[str, SqlParameter] | None) -> str:
    """Return `sql` with each `%(name)s` replaced by its value as a literal.

    Other per cent signs stay. Raises KeyError with the name of a missing parameter.
    """
    given = parameters or {}
    return _PLACEHOLDER.sub(lambda found: literal(given[found[1]]), sql)


def literal(value: SqlParameter) -> str:
    """Return a value as a literal of ClickHouse. Dates become text in its notation."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    text = str(to_json_value(value))
    return "'" + "".join(_ESCAPES.get(character, character) for character in text) + "'"


def to_json_value(value: Any) -> Any:
    """Return a value of the driver in the form that the port promises."""
    if value is None or isinstance(value, int | float | str):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return [to_json_value(one) for one in value]
    return str(value)
