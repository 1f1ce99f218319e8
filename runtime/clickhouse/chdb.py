"""ClickHouse without a server (chdb): the engine itself, in a process of its own.

SQL runs where it can do no harm: the process confines itself to its data directory before
it opens it (`runtime.confinement`). One process has a data directory at a time. If it ends,
the next call starts another; whoever waited is told AnalyticsUnavailable.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from runtime.clickhouse.chdb_client import EngineProcess
from runtime.clickhouse.chdb_frames import CallKind, Lane
from runtime.clickhouse.port import (
    QUERY_SECONDS_MAX,
    AnalyticsUnavailable,
    Columns,
    OwnSqlBarred,
    QueryRefused,
    Quota,
    ResultSet,
    SqlParameter,
    bind,
)
from runtime.clickhouse.statement import demand_question
from runtime.process.tasks import start_for

log = logging.getLogger(__name__)

CALL_S_MAX: Final = 120.0
"""An engine that answers nothing of ours for so long is started anew."""
GRACE_S: Final = 5.0
"""An engine that works on a question so long past its limit is started anew."""
TEXT_PER_BYTE: Final = 2
"""How much longer an answer may be as JSON than the engine counts it."""
READERS: Final = 2
OWN_MEMORY_BYTES_MAX: Final = 300_000_000
"""Of a question that is not ours: the system shares the machine with others, and a larger
group or sort goes through the disk."""

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

    A second one on the same path raises AnalyticsUnavailable until the first is closed.
    """

    def __init__(self, path: Path, *, quota: Quota = Quota()) -> None:  # noqa: B008 - immutable
        path.mkdir(parents=True, exist_ok=True)
        self._directory = path.absolute()
        self._quota = quota
        self._lanes = _lanes(quota)
        self._engine: EngineProcess | None = None
        self._starting = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._closed = False
        self._types: dict[str, dict[str, pa.DataType]] = {}

    async def execute(self, sql: str) -> None:
        await self._call("write", "execute", sql)

    async def insert(self, table: str, columns: Columns) -> None:
        if not columns or not next(iter(columns.values())):
            return
        rows = _arrow_table(columns, await self._types_of(table))
        statement = f"INSERT INTO {table} ({', '.join(rows.column_names)})"
        await self._call("write", "insert", statement, _arrow_stream(rows))

    async def query(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self._select("query", bind(sql, parameters))

    async def scan(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self._select("scan", bind(sql, parameters))

    async def ask(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        """One question at a time."""
        return await self._ask("ask", bind(sql, parameters))

    async def ask_own(self, sql: str) -> ResultSet:
        """The engine says what the statement is, and that is what runs: it understands its
        own notation better than any check of ours."""
        engine = await self._running()
        if engine.unconfined is not None:
            raise OwnSqlBarred(engine.unconfined)
        reading = bind("SELECT formatQuerySingleLine(%(sql)s)", {"sql": sql})
        statement = str((await self._ask("ask_own", reading)).rows[0][0])
        demand_question(statement)
        return await self._ask("ask_own", statement)

    async def close(self) -> None:
        self._closed = True
        async with self._starting:  # Nobody may wait for an engine that a question starts.
            if self._engine is not None:
                await self._engine.close()

    async def _ask(self, lane: str, sql: str) -> ResultSet:
        """The engine goes on with a question whose asker leaves. Until it is done the next one
        has to wait, or its own time would pass meanwhile."""
        await self._asking.acquire()
        question = start_for(self._answer_in_time(lane, sql), "question")
        question.add_done_callback(self._finish)
        return await asyncio.shield(question)

    def _finish(self, question: asyncio.Task[ResultSet]) -> None:
        self._asking.release()
        if not question.cancelled():
            question.exception()  # It counts as seen: nobody may be left to see it.

    async def _answer_in_time(self, lane: str, sql: str) -> ResultSet:
        engine = await self._running()
        try:
            async with asyncio.timeout(self._quota.seconds_max + GRACE_S):
                return _answer(await engine.call(lane, "select", sql))
        except TimeoutError as error:
            log.warning("engine ended: a question ran past its limit")
            await engine.kill()
            raise QueryRefused("Timeout exceeded") from error

    async def _types_of(self, table: str) -> dict[str, pa.DataType]:
        if table not in self._types:
            described = await self._select("write", f"DESCRIBE TABLE {table}")
            self._types[table] = {name: _arrow_type(kind) for name, kind, *_ in described.rows}
        return self._types[table]

    async def _select(self, lane: str, sql: str) -> ResultSet:
        return _answer(await self._call(lane, "select", sql))

    async def _call(self, lane: str, kind: CallKind, sql: str, data: bytes = b"") -> bytes:
        engine = await self._running()
        try:
            async with asyncio.timeout(CALL_S_MAX):
                return await engine.call(lane, kind, sql, data)
        except TimeoutError as error:
            log.warning("engine ended: it did not answer", extra={"lane": lane})
            await engine.kill()
            raise AnalyticsUnavailable("the engine did not answer") from error

    async def _running(self) -> EngineProcess:
        async with self._starting:
            if self._closed:
                raise AnalyticsUnavailable("closed")
            if self._engine is None or self._engine.ended:
                self._engine = await EngineProcess.start(self._directory, self._lanes)
                if self._engine.unconfined is not None:
                    reason = {"reason": self._engine.unconfined}
                    log.warning("engine not confined: own SQL is refused", extra=reason)
            return self._engine


def _lanes(quota: Quota) -> dict[str, Lane]:
    return {
        "write": Lane(),
        "query": Lane({"max_execution_time": QUERY_SECONDS_MAX}, connections=READERS),
        "scan": Lane(),
        "ask": _questions(quota),
        "ask_own": _questions(
            quota._replace(memory_bytes_max=min(quota.memory_bytes_max, OWN_MEMORY_BYTES_MAX))
        ),
    }


def _questions(quota: Quota) -> Lane:
    return Lane(
        {
            # They leave readers and the writer some of the machine.
            "max_threads": max((os.cpu_count() or 1) // 2, 1),
            "function_sleep_max_microseconds_per_block": 1,
            "http_max_tries": 1,  # It has no network: trying again is only slow.
            **quota.settings(),
        },
        answer_bytes_max=quota.bytes_max * TEXT_PER_BYTE,
    )


def _answer(answered: bytes) -> ResultSet:
    # A statement that selects nothing, such as KILL, answers with no document at all.
    found = _decode(answered) if answered.strip() else _Found([], [])
    return ResultSet(
        tuple(column["name"] for column in found.meta),
        tuple(column["type"] for column in found.meta),
        found.data,
    )


def _arrow_stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


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
