"""The port to ClickHouse, whether a server or the embedded engine, and its errors.

Values come back as in JSON: integers, floats, text, lists and None; dates and times as
ClickHouse writes them (`2026-03-01`, `2026-03-01 18:30:00`), so that both adapters answer
alike and an answer can be sent on as it is.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Protocol

SqlParameter = int | float | str | date | tuple[str, ...]
"""A tuple is what follows IN; ClickHouse does not take an empty one."""
Columns = Mapping[str, Sequence[Any]]
"""Column by column, all of one length."""

QUERY_SECONDS_MAX: Final = 10
"""No page is worth more of ClickHouse's time."""

_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_ESCAPES: Final = {"\\": "\\\\", "'": "\\'", "\x00": "\\0", "\n": "\\n", "\r": "\\r"}
_STACK_TRACE: Final = re.compile(r"[.,]?\s*Stack trace:.*", re.DOTALL)
_NOISE: Final = re.compile(r"(Code: \d+\. ?|DB::Exception: |\(version [^)]*\)\s*)\s*")


class AnalyticsError(Exception):
    """ClickHouse did not do what was asked."""


class AnalyticsUnavailable(AnalyticsError):
    """Not reachable now; trying again later is worth it. A write may have happened."""


class QueryRefused(AnalyticsError):
    """ClickHouse answered, and said no; the message says why, for who wrote the SQL."""

    def __init__(self, message: str) -> None:
        super().__init__(_NOISE.sub("", _STACK_TRACE.sub("", message)).strip())


class OwnSqlBarred(AnalyticsError):
    """Nothing here keeps SQL of somebody else's from doing harm, so it is not run at all."""

    def __init__(self, reason: str) -> None:
        """`reason` is stable: clients branch on it."""
        super().__init__(reason)
        self.reason = reason


class Quota(NamedTuple):
    """What one question may cost. deploy/clickhouse/analyst.xml says the same to a server."""

    seconds_max: int = 60
    rows_max: int = 100_000
    """Of the answer; more is refused, not cut off."""
    bytes_max: int = 32_000_000
    """Of the answer, likewise."""
    memory_bytes_max: int = 1_000_000_000

    def settings(self) -> dict[str, int]:
        """As ClickHouse names them. `readonly` comes last: after it nothing can be set."""
        return {
            "max_execution_time": self.seconds_max,
            "max_result_rows": self.rows_max,
            "max_result_bytes": self.bytes_max,
            "max_memory_usage": self.memory_bytes_max,
            # Larger groups and sorts go through the engine's own temporary files.
            "max_bytes_before_external_group_by": self.memory_bytes_max // 2,
            "max_bytes_before_external_sort": self.memory_bytes_max // 2,
            "readonly": 1,
        }


class ResultSet(NamedTuple):
    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class Analytics(Protocol):
    """Every method raises AnalyticsUnavailable and QueryRefused."""

    async def execute(self, sql: str) -> None:
        """One statement that answers nothing: DDL, OPTIMIZE."""
        ...

    async def insert(self, table: str, columns: Columns) -> None:
        """All rows as one block. Without rows nothing is sent."""
        ...

    async def query(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """A small SELECT of ours that somebody waits for, parameters as in `bind`."""
        ...

    async def scan(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """A large SELECT of ours: no `query` waits for it to end."""
        ...

    async def ask(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """A ready question: read-only and within the quota, by ClickHouse itself. Nothing
        else waits for it to end."""
        ...

    async def ask_own(self, sql: str) -> ResultSet:
        """As `ask`, for SQL of somebody else's. It runs where the engine is unable to do
        harm whatever the SQL says; raises OwnSqlBarred if nothing makes sure of that."""
        ...

    async def close(self) -> None:
        """Within seconds: what still runs is broken off. A write may have happened."""
        ...


def bind(sql: str, parameters: Mapping[str, SqlParameter] | None) -> str:
    """`sql` with each `%(name)s` replaced by its value as a literal.

    Any other per cent sign stays as it is. KeyError names a parameter that is missing.
    """
    given = parameters or {}
    return _PLACEHOLDER.sub(lambda found: literal(given[found[1]]), sql)


def literal(value: SqlParameter) -> str:
    """A value as ClickHouse reads it; a date becomes text in its own notation."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    text = str(to_json_value(value))
    return "'" + "".join(_ESCAPES.get(character, character) for character in text) + "'"


def to_json_value(value: Any) -> Any:
    """A value of the driver's as the port promises it."""
    if value is None or isinstance(value, int | float | str):
        return value
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, list | tuple):
        return [to_json_value(one) for one in value]
    return str(value)
