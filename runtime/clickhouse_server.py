"""ClickHouse on a server, over the native protocol, column by column.

The driver blocks, so it runs in a bounded pool of threads. A connection on which anything
went wrong is dropped: what is left unread on it would be taken for the next answer.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, LifoQueue
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException

from runtime.clickhouse import (
    AnalyticsUnavailable,
    Answer,
    Columns,
    Parameter,
    QueryRefused,
    Quota,
    bind,
    plain,
)

THREADS: Final = 4
CONNECT_TIMEOUT_S: Final = 5
SILENCE_S_MAX: Final = 60
"""A server that works on a query sends progress; one that says nothing so long is gone."""

T = TypeVar("T")
Settings = dict[str, int]


class ServerAnalytics:
    """`dsn` is `clickhouse://user:password@host:port/database`.

    Questions go through `analyst_dsn` where there is one: then the server's own profile of
    that user sets the quota (deploy/clickhouse/analyst.xml). Without it they go through
    `dsn` with `quota` sent along.
    """

    def __init__(
        self,
        dsn: str,
        *,
        analyst_dsn: str | None = None,
        quota: Quota = Quota(),  # noqa: B008 - immutable
        query_seconds_max: int = 0,
        threads: int = THREADS,
    ) -> None:
        """A query of ours takes at most `query_seconds_max`; 0 is no limit."""
        self._own = _Connections(dsn)
        self._analyst = _Connections(analyst_dsn) if analyst_dsn else self._own
        self._query_settings = {"max_execution_time": query_seconds_max}
        self._ask_settings = {} if analyst_dsn else quota.settings()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="clickhouse")

    async def execute(self, sql: str) -> None:
        await self._run(self._own, lambda client: client.execute(sql))

    async def insert(self, table: str, columns: Columns) -> None:
        values = list(columns.values())
        if not values or not values[0]:
            return
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
        await self._run(self._own, lambda client: client.execute(statement, values, columnar=True))

    async def query(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> Answer:
        return await self._select(self._own, bind(sql, parameters), self._query_settings)

    async def ask(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> Answer:
        return await self._select(self._analyst, bind(sql, parameters), self._ask_settings)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        for connections in {self._own, self._analyst}:
            connections.close()

    async def _select(self, through: "_Connections", sql: str, settings: Settings) -> Answer:
        return await self._run(through, lambda client: _select(client, sql, settings))

    async def _run(self, through: "_Connections", work: Callable[[Client], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, through.run, work)


class _Connections:
    """Idle connections of one account, the last used one first. Used from many threads."""

    def __init__(self, dsn: str) -> None:
        timeouts = {"connect_timeout": CONNECT_TIMEOUT_S, "send_receive_timeout": SILENCE_S_MAX}
        self._dsn = f"{dsn}{'&' if '?' in dsn else '?'}{urlencode(timeouts)}"
        self._idle: LifoQueue[Client] = LifoQueue()

    def run(self, work: Callable[[Client], T]) -> T:
        try:
            client = self._idle.get_nowait()
        except Empty:
            client = Client.from_url(self._dsn)
        try:
            result = work(client)
        except BaseException as error:
            client.disconnect()
            raise _ours(error) from error
        self._idle.put(client)
        return result

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get().disconnect()


def _select(client: Client, sql: str, settings: Settings) -> Answer:
    found: Any = client.execute(sql, with_column_types=True, settings=settings)
    rows, columns = found if isinstance(found, tuple) else ([], [])
    return Answer(
        tuple(name for name, _ in columns),
        tuple(kind for _, kind in columns),
        [tuple(map(plain, row)) for row in rows],
    )


def _ours(error: BaseException) -> BaseException:
    match error:
        case ServerException():
            return QueryRefused(str(error.message))
        case Error() | OSError() | EOFError():
            return AnalyticsUnavailable(f"{type(error).__name__}: {error}")
        case _:
            return error
