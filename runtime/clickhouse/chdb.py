"""ClickHouse without a server: the embedded engine (chdb), in a process of its own.

SQL can do no harm there, because the process confines itself to its data directory before it
opens it (`runtime.confinement`). One process at a time has a data directory. If the process
ends, pending calls raise AnalyticsUnavailable, and the next call starts a new process.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from runtime.clickhouse.chdb_client import EngineProcess
from runtime.clickhouse.chdb_frames import DEFAULT_DATABASE, CallKind, Lane
from runtime.clickhouse.port import (
    QUERY_SECONDS_MAX,
    AnalyticsError,
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
from runtime.process.tasks import run_aside, start_for

log = logging.getLogger(__name__)

ANALYSTS_DATABASE: Final = "practix_analysts"
CALL_S_MAX: Final = 120.0
"""If the engine does not answer a call of ours for so long, it is restarted."""
GRACE_S: Final = 5.0
"""If the engine works on a question so long past its limit, it is restarted."""
TEXT_PER_BYTE: Final = 2
"""How much longer a result may be as JSON than by the engine's own count."""
READERS: Final = 2
KILL_QUESTION: Final = "KILL QUERY WHERE Settings['readonly'] = '1' ASYNC"
"""Questions alone are read-only, and one runs at a time."""
KILL_AGAIN_S: Final = 0.2
OWN_MEMORY_BYTES_MAX: Final = 300_000_000
"""Memory of a question in an operator's own SQL. The system shares the machine with others,
and larger groups and sorts use the disk."""

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


class _JsonCompact(msgspec.Struct):
    """The part of ClickHouse's format JSONCompact that we read."""

    meta: list[dict[str, str]]
    data: list[tuple[Any, ...]]


_decode: Final = msgspec.json.Decoder(_JsonCompact).decode


class ChdbAnalytics:
    """Analytics on the directory `path`, which is created if it is missing, and in its
    `database`.

    A second instance on the same path raises AnalyticsUnavailable until the first is closed.
    """

    def __init__(
        self,
        path: Path,
        *,
        database: str = DEFAULT_DATABASE,
        quota: Quota = Quota(),  # noqa: B008 - immutable
    ) -> None:
        self._database = database
        path.mkdir(parents=True, exist_ok=True)
        self._directory = path.absolute()
        self._quota = quota
        self._lanes = _lanes(quota)
        self._engine: EngineProcess | None = None
        self._starting = asyncio.Lock()
        self._asking = asyncio.Lock()
        self._closed = False
        self._types: dict[str, dict[str, pa.DataType]] = {}

    async def create_database(self) -> None:
        """Do nothing: the engine makes it when it is first used."""

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
        """Run a ready question. Questions run one at a time."""
        return await self._ask("ask", bind(sql, parameters))

    async def ask_own(self, sql: str) -> ResultSet:
        """Run an operator's own SQL.

        What runs is the statement as the engine itself formats it, because the engine
        understands its own notation better than any check of ours.
        """
        engine = await self._running_engine()
        if engine.unconfined is not None:
            raise OwnSqlBarred(engine.unconfined)
        reading = bind("SELECT formatQuerySingleLine(%(sql)s)", {"sql": sql})
        statement = str((await self._ask("ask_own", reading)).rows[0][0])
        demand_question(statement)
        return await self._ask("ask_own", statement)

    async def close(self) -> None:
        self._closed = True
        async with self._starting:  # A question may be starting the engine right now.
            if self._engine is not None:
                await self._engine.close()

    async def _ask(self, lane: str, sql: str) -> ResultSet:
        """Run a question once no other one runs. If its caller leaves, it is broken off."""
        await self._asking.acquire()
        question = start_for(self._answer_in_time(lane, sql), "question")
        try:
            return await asyncio.shield(question)
        finally:
            if question.done():
                self._asking.release()
            else:
                run_aside(self._break_off(question), "question without an asker")

    async def _break_off(self, question: asyncio.Task[ResultSet]) -> None:
        """Let the engine end a question, and then the next one begin.

        The next one waits for that, or its own time would pass meanwhile. A question that had not
        begun is not found at first, and one that never looks up ends at its limit.
        """
        while not question.done():
            with suppress(AnalyticsError):  # The engine has ended, and the question with it.
                await self._call("kill", "execute", KILL_QUESTION)
            await asyncio.wait([question], timeout=KILL_AGAIN_S)
        if not question.cancelled():
            question.exception()  # Marks it as seen: nobody is left to see it.
        self._asking.release()

    async def _answer_in_time(self, lane: str, sql: str) -> ResultSet:
        engine = await self._running_engine()
        try:
            async with asyncio.timeout(self._quota.seconds_max + GRACE_S):
                return _parse_reply(await engine.call(lane, "select", sql))
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
        return _parse_reply(await self._call(lane, "select", sql))

    async def _call(self, lane: str, kind: CallKind, sql: str, data: bytes = b"") -> bytes:
        engine = await self._running_engine()
        try:
            async with asyncio.timeout(CALL_S_MAX):
                return await engine.call(lane, kind, sql, data)
        except TimeoutError as error:
            log.warning("engine ended: it did not answer", extra={"lane": lane})
            await engine.kill()
            raise AnalyticsUnavailable("the engine did not answer") from error

    async def _running_engine(self) -> EngineProcess:
        async with self._starting:
            if self._closed:
                raise AnalyticsUnavailable("closed")
            if self._engine is None or self._engine.ended:
                self._engine = await EngineProcess.start(
                    self._directory, self._database, self._lanes
                )
                if self._engine.unconfined is not None:
                    reason = {"reason": self._engine.unconfined}
                    log.warning("engine not confined: own SQL is refused", extra=reason)
            return self._engine


def _lanes(quota: Quota) -> dict[str, Lane]:
    return {
        "write": Lane(),
        "query": Lane({"max_execution_time": QUERY_SECONDS_MAX}, connections=READERS),
        "scan": Lane(),
        "kill": Lane(),
        "ask": _question_lane(quota),
        "ask_own": _question_lane(
            quota._replace(memory_bytes_max=min(quota.memory_bytes_max, OWN_MEMORY_BYTES_MAX))
        ),
    }


def _question_lane(quota: Quota) -> Lane:
    return Lane(
        {
            # Leaves some of the machine to readers and the writer.
            "max_threads": max((os.cpu_count() or 1) // 2, 1),
            "function_sleep_max_microseconds_per_block": 1,
            "http_max_tries": 1,  # It has no network, so retries would only be slow.
            **quota.settings(),
        },
        answer_bytes_max=quota.bytes_max * TEXT_PER_BYTE,
    )


def _parse_reply(reply: bytes) -> ResultSet:
    # A statement without a result, such as KILL, replies with no document at all.
    found = _decode(reply) if reply.strip() else _JsonCompact([], [])
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
    """Return the Arrow type. Raises KeyError for a type that no table of ours has."""
    for wrapper in ("LowCardinality(", "Nullable("):
        if kind.startswith(wrapper):
            kind = kind[len(wrapper) : -1]
    return _ARROW[kind]
