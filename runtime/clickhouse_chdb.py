"""ClickHouse in process (chdb): the engine itself, without a server.

One engine lives in a process, and one process has a data directory at a time. Connections
to it run side by side, but one connection does one thing at a time, so each has a thread of
its own: one writes, one reads for us, one answers questions. The last is read-only and
limited by the engine, not by us.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import chdb
import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from runtime.clickhouse import (
    Answer,
    Columns,
    Parameter,
    QueryRefused,
    Quota,
    bind,
)

T = TypeVar("T")

_ARROW: Final[dict[str, pa.DataType]] = {
    "UInt8": pa.uint8(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "Float64": pa.float64(),
    "String": pa.string(),
    "Date": pa.date32(),
}


class _Found(msgspec.Struct):
    """JSONCompact, as far as it is read here."""

    meta: list[dict[str, str]]
    data: list[tuple[Any, ...]]


_decode: Final = msgspec.json.Decoder(_Found).decode


class ChdbAnalytics:
    """The engine on the directory `path`, which is made where it is missing.

    A second one on another path, or in another process on the same path, raises
    QueryRefused at its first use.
    """

    def __init__(self, path: Path, *, quota: Quota = Quota()) -> None:  # noqa: B008 - immutable
        path.mkdir(parents=True, exist_ok=True)
        self._writer = _Connection(str(path))
        self._reader = _Connection(str(path))
        self._analyst = _Connection(f"{path}?{urlencode(quota.settings())}")
        self._types: dict[str, dict[str, pa.DataType]] = {}

    async def execute(self, sql: str) -> None:
        await self._writer.run(lambda connection: connection.query(sql))

    async def insert(self, table: str, columns: Columns) -> None:
        if not columns or not next(iter(columns.values())):
            return
        types = await self._types_of(table)
        await self._writer.run(
            lambda connection: _insert(connection, table, _arrow_table(columns, types))
        )

    async def query(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> Answer:
        return await self._reader.select(bind(sql, parameters))

    async def ask(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> Answer:
        return await self._analyst.select(bind(sql, parameters))

    async def close(self) -> None:
        # The read-only connection before the one that opened the engine.
        for connection in (self._analyst, self._reader, self._writer):
            await connection.close()

    async def _types_of(self, table: str) -> dict[str, pa.DataType]:
        if table not in self._types:
            described = await self._writer.select(f"DESCRIBE TABLE {table}")
            self._types[table] = {name: _arrow_type(kind) for name, kind, *_ in described.rows}
        return self._types[table]


class _Connection:
    """Opened at its first use, in the thread that has it to itself.

    One on which anything went wrong is dropped: what it had answered until then would come
    before its next answer.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chdb")
        self._opened: Any = None

    async def select(self, sql: str) -> Answer:
        return await self.run(lambda connection: _select(connection, sql))

    async def run(self, work: Callable[[Any], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._drop()

    def _run(self, work: Callable[[Any], T]) -> T:
        try:
            if self._opened is None:
                self._opened = chdb.connect(self._target)
            return work(self._opened)
        except (chdb.ChdbError, RuntimeError) as error:
            self._drop()
            raise QueryRefused(str(error)) from error

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()


def _select(connection: Any, sql: str) -> Answer:
    answered = connection.query(sql, "JSONCompact").bytes()
    # A statement that selects nothing, such as KILL, answers with no document at all.
    found = _decode(answered) if answered.strip() else _Found([], [])
    return Answer(
        tuple(column["name"] for column in found.meta),
        tuple(column["type"] for column in found.meta),
        found.data,
    )


def _insert(connection: Any, table: str, rows: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    statement = f"INSERT INTO {table} ({', '.join(rows.column_names)})"
    with connection.send_insert(statement, "ArrowStream") as inserter:
        inserter.append(sink.getvalue().to_pybytes())
        inserter.finish()


def _arrow_table(columns: Columns, types: Mapping[str, pa.DataType]) -> pa.Table:
    try:
        return pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})
    except (KeyError, pa.ArrowException) as error:
        raise QueryRefused(f"{type(error).__name__}: {error}") from error


def _arrow_type(kind: str) -> pa.DataType:
    """KeyError for a type that no table of ours has."""
    for wrapper in ("LowCardinality(", "Nullable("):
        if kind.startswith(wrapper):
            kind = kind[len(wrapper) : -1]
    return _ARROW[kind]
