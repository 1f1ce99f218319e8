"""Reads from a cell what was written to it before."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cells.command_cell import CommandCell, evening
from tests.cells.http_reply import HttpReply
from tests.waiting import until_caught_up


class OwnReads:
    """A client whose reads come after its own writes, whoever it speaks for."""

    def __init__(self, cell: CommandCell) -> None:
        self.cell = cell
        self.position = 0

    async def announce(self, token: str, **changes: Any) -> dict[str, Any]:
        path = f"/api/v1/announcement/{self.cell.movie_id}"
        body: dict[str, Any] = (await self.write("POST", path, token, evening(**changes))).body
        return body

    async def ask(self, token: str, announcement_id: str) -> dict[str, Any]:
        body: dict[str, Any] = (
            await self.write("POST", f"/api/v1/booking/{announcement_id}", token)
        ).body
        return body

    async def confirm(self, host: str, guest: str, announcement_id: str) -> dict[str, Any]:
        booking = await self.ask(guest, announcement_id)
        path = f"/api/v1/booking/{booking['booking_id']}"
        body: dict[str, Any] = (await self.write("PUT", path, host, {"my_status": True})).body
        return body

    async def write(self, method: str, path: str, token: str, body: Any = None) -> HttpReply:
        reply = await self.cell.send(method, path, token, body)
        assert reply.status < 300, reply.body
        self.position = max(self.position, reply.position)
        return reply

    async def read(self, path: str, token: str, **headers: Any) -> HttpReply:
        """Read after everything that was written here."""
        path = f"{path}{'&' if '?' in path else '?'}min_position={self.position}"
        return await until_caught_up(lambda: self.cell.send("GET", path, token, **headers))


def at(hours: float) -> str:
    """Return the instant so many hours from now."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def titles(reply: HttpReply) -> list[str]:
    return [line["title"] for line in reply.body]
