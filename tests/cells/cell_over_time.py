"""A cell whose people speak, read what was said, and let days pass.

Time passes by starting the cell anew on the same data, with a clock that is ahead: a
leader whose clock jumps would rightly stop leading.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from runtime.process.clock import shifted_clock, system_clock
from tests.cells.command_cell import CommandCell, command_cell, evening
from tests.cells.http_reply import HttpReply
from tests.waiting import WITHIN_S

HELD: Final = timedelta(days=1, hours=6)
"""From now until the evening of `evening()` is over, whatever the film."""


class CellOverTime:
    """People who speak to the cell, read after that, and wait for days to pass."""

    def __init__(
        self, directory: Path, postgres_dsn: str, running: AsyncExitStack, *, history: bool = False
    ) -> None:
        self._directory = directory
        self._history = history
        self._postgres_dsn = postgres_dsn
        self._running = running
        self.offset = timedelta()
        self.cell: CommandCell
        self.tokens: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.position = 0

    async def meet(self, *names: str, **wishes: Any) -> None:
        for name in names:
            self.tokens[name], self.ids[name] = await self.cell.person(name, **wishes)

    async def say(self, name: str, method: str, path: str, body: Any = None) -> HttpReply:
        """Return the answer. If a busy machine made it uncertain, or late, the same is sent
        again."""
        key = uuid4().hex
        async with asyncio.timeout(WITHIN_S):
            while True:
                reply = await self.cell.send(
                    method, f"/api/v1{path}", self.tokens[name], body, Idempotency_Key=key
                )
                if reply.status not in (503, 504):
                    break
        if reply.status < 300:
            self.position = max(self.position, reply.position)
        return reply

    async def read(self, name: str, path: str) -> Any:
        """Return the body, after everything that was said."""
        mark = "&" if "?" in path else "?"
        reply = await self.say(name, "GET", f"{path}{mark}min_position={self.position}")
        assert reply.status == 200, reply.body
        return reply.body

    async def evening(self, host: str, *guests: str, **terms: Any) -> str:
        """Announce an evening to come, with these guests confirmed."""
        event_time = system_clock() + self.offset + timedelta(days=1)
        body = evening(ticket_count=9, event_time=event_time.isoformat(), **terms)
        announced = await self.say(host, "POST", f"/announcement/{self.cell.movie_id}", body)
        evening_id: str = announced.body["id"]
        for guest in guests:
            booked = await self.say(guest, "POST", f"/booking/{evening_id}")
            path = f"/booking/{booked.body['booking_id']}"
            assert (await self.say(host, "PUT", path, {"my_status": True})).status == 200
        return evening_id

    async def over(self, host: str, *guests: str) -> str:
        """As `evening`, and lets it be over."""
        evening_id = await self.evening(host, *guests)
        await self.hold(host, evening_id)
        return evening_id

    async def hold(self, host: str, evening_id: str) -> None:
        """Wait until the evening has come and gone."""
        await self.wait(HELD)

        async def done() -> bool:
            status: str = (await self.read(host, f"/announcement/{evening_id}"))["status"]
            return status == "Done"

        await until(done)

    async def wait(self, time: timedelta) -> None:
        """Start again so much later. Everybody logs in again: tokens end."""
        await self._running.aclose()
        self.offset += time
        await self.start()
        await self.meet(*self.tokens)

    async def start(self) -> None:
        cell = command_cell(
            self._directory,
            clock=shifted_clock(self.offset.total_seconds()),
            postgres_dsn=self._postgres_dsn,
            history=self._history,
        )
        self.cell = await self._running.enter_async_context(cell)

    async def rate(
        self, evening_id: str, rater: str, ratee: str, score: Any = 8, **more: Any
    ) -> HttpReply:
        path = f"/rating/{evening_id}/{self.ids[ratee]}"
        return await self.say(rater, "POST", path, {"score": score, **more})

    async def both_rate(self, evening_id: str, guest: str, host: str, score: int) -> HttpReply:
        """Return the guest's rating of the host, revealed by the host's rating of the guest."""
        rated = await self.rate(evening_id, guest, host, score)
        assert rated.status == 201
        assert (await self.rate(evening_id, host, guest, 10)).status == 201
        return rated

    async def pair(self, evening_id: str, viewer: str, other: str) -> Any:
        return await self.read(viewer, f"/rating/{evening_id}/{self.ids[other]}")


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not await holds():
            await asyncio.sleep(0.02)
