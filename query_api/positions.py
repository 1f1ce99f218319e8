"""Reading one's own writes: wait, bounded, until the tables have come to a position."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import asyncpg

from contracts.errors import ProjectionBehind

log = logging.getLogger(__name__)

CHANNEL: Final = "projected"
POLL_S: Final = 0.25
SELECT_POSITION: Final = "SELECT seq FROM read_model.reader_position WHERE reader = 'projector'"


class PositionWaiter:
    """Hears of every batch through one LISTEN connection; waiters hold none of the pool."""

    def __init__(self, pool: asyncpg.Pool, timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s
        self._position = 0
        self.listening = False
        self._moved: asyncio.Future[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def position(self) -> int:
        return self._position

    async def start(self) -> None:
        self._listening = asyncio.create_task(self._listen(), name="projected positions")

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._listening

    async def wait(self, wanted: int) -> None:
        """Raises ProjectionBehind after the timeout."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._timeout_s
        while self._position < wanted:
            left_s = give_up_at - loop.time()
            if left_s <= 0:
                raise ProjectionBehind(wanted, self._position)
            if self._moved is None:
                self._moved = loop.create_future()
            await asyncio.wait([self._moved], timeout=min(left_s, POLL_S))
            await self._look(wanted)

    async def _look(self, wanted: int) -> None:
        """A notification may have been missed while the connection was away."""
        if self._position < wanted:
            self._note(await self._pool.fetchval(SELECT_POSITION) or 0)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("not listening", extra={"reason": repr(error)})
            await asyncio.sleep(POLL_S)

    async def _listen_once(self) -> None:
        async with self._pool.acquire() as connection:
            closed = asyncio.Event()
            connection.add_termination_listener(lambda _: closed.set())
            await connection.add_listener(CHANNEL, self._heard)
            try:
                self._note(await connection.fetchval(SELECT_POSITION) or 0)
                self.listening = True
                await closed.wait()
            finally:
                self.listening = False
                with suppress(asyncpg.InterfaceError):
                    await connection.remove_listener(CHANNEL, self._heard)

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        self._note(int(str(payload)))

    def _note(self, position: int) -> None:
        self._position = max(self._position, position)
        if self._moved is not None and not self._moved.done():
            self._moved.set_result(None)
        self._moved = None
