"""Lets clients read their own writes: waits, for a bounded time, until the tables have
reached a position.

The projector sends a PostgreSQL notification with every batch. One connection per process
listens. While a request waits, that connection also polls, in case a notification was lost.
Requests that wait hold no connection. Streams are woken from here, too: the connection also hears
of notices.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NoReturn

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from contracts.errors import ProjectionBehind
from contracts.values.describing import describe_error
from runtime.postgres.read_models import CHANNEL_OF_POSITIONS
from runtime.postgres.tables import (
    Away,
    TablesUnavailable,
    acquire_connection,
    break_off,
    translate_postgres_errors,
)
from runtime.process.tasks import end, keep_running

log = logging.getLogger(__name__)

NOTICED: Final = "noticed"
"""The notifier's tables notify of every notice that has changed."""
POLL_S: Final = 0.25
LOOK_S: Final = 5.0
"""How often to poll although nobody waits: only a poll shows that a silent connection is dead."""
ANSWER_S_MAX: Final = 5.0
"""A poll without an answer for this long counts as a lost connection."""
SELECT_POSITION: Final = "SELECT seq FROM reader_position WHERE reader = 'projector'"
_SELECT_CHANNEL: Final = f"SELECT {CHANNEL_OF_POSITIONS}"


class PositionWaiter:
    """Knows how far the tables are. Call `start` first and `stop` last; between them any number
    of tasks may `wait`."""

    def __init__(self, pool: asyncpg.Pool, timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._position = 0
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._following: asyncio.Task[NoReturn] | None = None
        self._away: Away | None = None
        self._on_news: list[Callable[[], None]] = []
        self.listening = False
        """Whether new positions are being heard of."""

    @property
    def position(self) -> int:
        """The newest position that it has heard of; 0 before the first."""
        return self._position

    def readiness(self) -> dict[str, Any]:
        """Return for /readyz whether new positions are being heard of and, if the tables are
        away, why."""
        away = {} if self._away is None else {"tables_away": self._away}
        return {"tables": self.listening, **away, "position": self._position}

    async def start(self) -> None:
        """Begin to listen. Does not wait for the first position."""
        self._following = keep_running(self._follow(), "projected positions")

    async def stop(self) -> None:
        await end(self._following)

    def call_on_news(self, hear: Callable[[], None]) -> None:
        """From now on, call `hear` whenever the tables may have changed: soon after they did, or
        within LOOK_S if a notification was lost."""
        self._on_news.append(hear)

    async def wait(self, wanted: int) -> None:
        """Wait until the tables are at `wanted` or later. Raises ProjectionBehind after the
        timeout."""
        if self._position >= wanted:
            return
        reached = asyncio.get_running_loop().create_future()
        self._waiting[reached] = wanted
        try:
            async with asyncio.timeout(self._timeout_s):
                await reached
        except TimeoutError as error:
            raise ProjectionBehind(wanted, self._position) from error
        finally:
            self._waiting.pop(reached, None)

    async def _follow(self) -> NoReturn:
        while True:
            try:
                async with acquire_connection(self._pool) as connection:
                    await self._listen(connection)
            except TablesUnavailable as error:
                if self._away != error.reason:
                    log.warning("not listening: %s", describe_error(error))
                self._away = error.reason
            await asyncio.sleep(POLL_S)

    async def _listen(self, connection: PoolConnectionProxy) -> None:
        """Note positions until the connection is lost. Raises an error of asyncpg, or
        TimeoutError if a poll is not answered."""
        lost = asyncio.Event()

        def on_lost(_: object) -> None:
            lost.set()

        channel = await connection.fetchval(_SELECT_CHANNEL)
        connection.add_termination_listener(on_lost)
        try:
            subscribed = await self._subscribe(connection, channel)
            # After a crash PostgreSQL may have less than it had announced.
            self._position = 0
            self._note(await connection.fetchval(SELECT_POSITION) or 0)
            self.listening, self._away = True, None
            now, looked_at = asyncio.get_running_loop().time, 0.0
            while not lost.is_set():
                if self._waiting or not subscribed or now() - looked_at >= LOOK_S:
                    self._note(
                        await connection.fetchval(SELECT_POSITION, timeout=ANSWER_S_MAX) or 0
                    )
                    looked_at = now()
                    self._tell_news()
                with suppress(TimeoutError):
                    await asyncio.wait_for(lost.wait(), POLL_S)
        except TimeoutError:
            break_off(connection)  # Closing it politely would take as long again.
            raise
        finally:
            self.listening = False
            with suppress(TablesUnavailable), translate_postgres_errors():
                connection.remove_termination_listener(on_lost)
                await connection.remove_listener(channel, self._on_projected)
                await connection.remove_listener(NOTICED, self._on_noticed)

    async def _subscribe(self, connection: PoolConnectionProxy, channel: str) -> bool:
        """Begin to listen. Returns False on a standby, which refuses LISTEN and is polled
        instead."""
        try:
            await connection.add_listener(channel, self._on_projected)
            await connection.add_listener(NOTICED, self._on_noticed)
        except asyncpg.ReadOnlySQLTransactionError:
            return False
        return True

    def _on_projected(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._note(int(str(payload)))
        self._tell_news()

    def _on_noticed(self, *_: object) -> None:
        self._tell_news()

    def _tell_news(self) -> None:
        for hear in self._on_news:
            hear()

    def _note(self, position: int) -> None:
        self._position = max(self._position, position)
        for reached, wanted in self._waiting.items():
            if wanted <= self._position and not reached.done():
                reached.set_result(None)
