"""ClickHouse on a server, over the native protocol.

The driver blocks, so it runs in bounded pools of threads. Each kind of work has a pool of its
own and never waits for another kind. A connection is dropped if anything went wrong on it or
its caller no longer waits: otherwise its unread data would be taken for the next result.
"""

import asyncio
import socket
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from queue import Empty, Full, LifoQueue
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, ServerException

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
    refusal_of,
    to_json_value,
)
from runtime.clickhouse.statement import demand_question

CONNECT_S_MAX: Final = 3
WRITE_SILENCE_S_MAX: Final = 60
"""Long, because a server sends nothing while it writes."""
READ_SILENCE_S_MAX: Final = 5
"""A server that works on a query sends progress. If it is silent for so long, it is gone."""
BREAK_OFF_S: Final = 0.2
SCAN_SECONDS_MAX: Final = 600
KILL_S_MAX: Final = 1
WRITERS: Final = 2
READERS: Final = 4
SCANNERS: Final = 2
ASKED_AT_ONCE_MAX: Final = 2

ANALYSTS_SUFFIX: Final = "_analysts"
"""Ends the name of the database that analysts read: `practix_analysts` beside `practix`."""
_DENIALS: Final = ("Access denied", "Not enough privileges")
"""Parts of the answers of old and current servers to an account that has no right to read."""

T = TypeVar("T")
Settings = dict[str, int]


class ServerAnalytics:
    """Analytics on a server.

    `dsn` is `clickhouse://user:password@host:port/database`. Questions go through
    `analyst_dsn` if it is given: then the server's profile of that user sets the quota, and
    an operator's own SQL can do no more than that user may (deploy/clickhouse/analyst.xml).
    Without it ready questions go through `dsn` together with `quota`, and nobody's own SQL is
    run. Nor is it if that account can read the database `closed`.
    """

    def __init__(
        self,
        dsn: str,
        *,
        analyst_dsn: str | None = None,
        quota: Quota = Quota(),  # noqa: B008 - immutable
        closed: str | None = None,
    ) -> None:
        self._dsn = dsn
        self._closed = closed
        self._writers = _Connections(dsn, WRITERS, WRITE_SILENCE_S_MAX)
        self._readers = _Connections(dsn, READERS, READ_SILENCE_S_MAX)
        self._scanners = _Connections(dsn, SCANNERS, READ_SILENCE_S_MAX)
        self._analysts = _Connections(analyst_dsn or dsn, ASKED_AT_ONCE_MAX, READ_SILENCE_S_MAX)
        self._ask_settings = {} if analyst_dsn else quota.settings()
        self._why_no_own_sql = None if analyst_dsn else "no_analyst_account"
        self._analyst_known = False

    async def create_database(self) -> None:
        """Make the database of the address if it is missing."""
        name = database_of(self._dsn)
        elsewhere = _Connections(in_database(self._dsn, "default"), 1, WRITE_SILENCE_S_MAX)
        try:
            statement = f"CREATE DATABASE IF NOT EXISTS {name}"
            await elsewhere.run(lambda client: client.execute(statement))
        finally:
            await elsewhere.close()

    async def execute(self, sql: str) -> None:
        await self._writers.run(lambda client: client.execute(sql))

    async def insert(self, table: str, columns: Columns) -> None:
        values = list(columns.values())
        if not values or not values[0]:
            return
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
        await self._writers.run(lambda client: client.execute(statement, values, columnar=True))

    async def query(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        settings = {"max_execution_time": QUERY_SECONDS_MAX}
        return await self._readers.select(bind(sql, parameters), settings)

    async def scan(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        settings = {"max_execution_time": SCAN_SECONDS_MAX}
        return await self._scanners.select(bind(sql, parameters), settings)

    async def ask(
        self, sql: str, parameters: Mapping[str, SqlParameter] | None = None
    ) -> ResultSet:
        return await self._analysts.select(bind(sql, parameters), self._ask_settings)

    async def ask_own(self, sql: str) -> ResultSet:
        if self._why_no_own_sql is None and not self._analyst_known:
            await self._meet_analyst()
        if self._why_no_own_sql is not None:
            raise OwnSqlBarred(self._why_no_own_sql)
        demand_question(sql)
        return await self.ask(sql)

    async def close(self) -> None:
        for connections in (self._analysts, self._scanners, self._readers, self._writers):
            await connections.close()

    async def _meet_analyst(self) -> None:
        """Check the analyst's account: if it may change a setting, or read what is closed to it,
        it is not the one that we ship."""
        if self._closed is not None and await self._reads(self._closed):
            self._why_no_own_sql = "analyst_reads_history"
            return
        try:
            await self._analysts.run(lambda client: client.execute("SET max_threads = 1"))
        except QueryRefused as refused:
            if "readonly" not in str(refused):
                raise
            self._analyst_known = True
        else:
            self._why_no_own_sql = "analyst_may_write"

    async def _reads(self, database: str) -> bool:
        """Return whether the analyst's account is not kept from reading this database."""
        sql = f"SELECT 1 FROM {database}.schema_migrations LIMIT 1"
        try:
            await self._analysts.run(lambda client: client.execute(sql))
        except QueryRefused as refused:
            return not any(denial in str(refused) for denial in _DENIALS)
        return True


def open_analysts_database(dsn: str, analyst_dsn: str | None) -> ServerAnalytics:
    """Return the analysts' database beside that of `dsn`, on the same server and account.
    Questions go through the account of `analyst_dsn`, which must not read the other one."""
    history = database_of(dsn)
    name = history + ANALYSTS_SUFFIX
    asked = None if analyst_dsn is None else in_database(analyst_dsn, name)
    return ServerAnalytics(in_database(dsn, name), analyst_dsn=asked, closed=history)


def database_of(dsn: str) -> str:
    """Return the name of the address's database."""
    return urlsplit(dsn).path.strip("/") or "default"


def in_database(dsn: str, name: str) -> str:
    """Return the address with this database in the place of its own."""
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


class _Connections:
    """Connections of one account for one kind of work, each used by one thread at a time.

    As many stay open as there are threads. The last used one is taken first.
    """

    def __init__(self, dsn: str, threads: int, silence_s_max: int) -> None:
        self._dsn = _with_timeouts(dsn, CONNECT_S_MAX, silence_s_max)
        self._killing_dsn = _with_timeouts(dsn, KILL_S_MAX, KILL_S_MAX)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="clickhouse")
        self._killer = ThreadPoolExecutor(1, thread_name_prefix="clickhouse killer")
        self._idle: LifoQueue[Client] = LifoQueue(threads)
        self._busy: dict[Future[Any], Client] = {}
        self._selecting: set[str] = set()
        """Ids of the queries whose callers still wait."""

    async def select(self, sql: str, settings: Settings) -> ResultSet:
        """Run a SELECT. If its caller gives up, the server ends the query too. Raises
        AnalyticsError."""
        query_id = str(uuid4())
        self._selecting.add(query_id)
        try:
            return await self.run(lambda client: _select(client, sql, settings, query_id))
        except (AnalyticsUnavailable, asyncio.CancelledError):
            with suppress(RuntimeError):  # Closed: `close` has ended it.
                self._killer.submit(_kill, self._killing_dsn, {query_id})
            raise
        finally:
            self._selecting.discard(query_id)

    async def run(self, work: Callable[[Client], T]) -> T:
        """Run `work` in a thread. If it is cancelled, its connection is dropped. Raises
        AnalyticsError."""
        client = self._take()
        running = self._threads.submit(work, client)
        self._busy[running] = client
        running.add_done_callback(self._busy.pop)
        try:
            result = await asyncio.wrap_future(running)
        except BaseException as error:
            _break_off(client)
            running.add_done_callback(lambda _: client.disconnect())
            if running.cancelled() and not _is_cancelled():
                raise AnalyticsUnavailable("closed") from error
            raise _translate(error) from error
        self._put_back(client)
        return result

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._killer.shutdown(wait=False, cancel_futures=True)
        given_up = set(self._selecting)
        while busy := dict(self._busy):
            for client in busy.values():  # Repeated: a client may open another connection.
                _break_off(client)
            await asyncio.to_thread(wait, busy, BREAK_OFF_S)
        if given_up:
            await asyncio.to_thread(_kill, self._killing_dsn, given_up)
        while not self._idle.empty():
            self._idle.get().disconnect()

    def _take(self) -> Client:
        try:
            return self._idle.get_nowait()
        except Empty:
            return Client.from_url(self._dsn)  # Connects at its first use.

    def _put_back(self, client: Client) -> None:
        try:
            self._idle.put_nowait(client)
        except Full:
            client.disconnect()


def _is_cancelled() -> bool:
    """Return whether the caller itself was cancelled, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _break_off(client: Client) -> None:
    """Shut the connection down. A thread that reads or writes on it gets an error at once."""
    connection: Any = client.connection
    opened: socket.socket | None = connection.socket
    if opened is not None:
        with suppress(OSError):  # It is closed already.
            opened.shutdown(socket.SHUT_RDWR)


def _with_timeouts(dsn: str, connect_s_max: int, silence_s_max: int) -> str:
    timeouts = {"connect_timeout": connect_s_max, "send_receive_timeout": silence_s_max}
    return f"{dsn}{'&' if '?' in dsn else '?'}{urlencode(timeouts)}"


def _kill(dsn: str, query_ids: Collection[str]) -> None:
    """End queries at the server, which does not always notice that nobody waits any more.

    An account that only reads cannot do this; its queries end at their time limit.
    """
    client = Client.from_url(dsn)
    with suppress(Error, OSError, EOFError):
        client.execute("KILL QUERY WHERE query_id IN %(ids)s ASYNC", {"ids": tuple(query_ids)})
    client.disconnect()


def _select(client: Client, sql: str, settings: Settings, query_id: str) -> ResultSet:
    found: Any = client.execute(sql, with_column_types=True, settings=settings, query_id=query_id)
    rows, columns = found if isinstance(found, tuple) else ([], [])
    return ResultSet(
        tuple(name for name, _ in columns),
        tuple(kind for _, kind in columns),
        [tuple(map(to_json_value, row)) for row in rows],
    )


def _translate(error: BaseException) -> BaseException:
    """Return the port's error for one of the driver."""
    match error:
        case ServerException():
            return refusal_of(str(error.message))
        case Error() | OSError() | EOFError():
            return AnalyticsUnavailable(f"{type(error).__name__}: {error}")
        case _:
            return error
