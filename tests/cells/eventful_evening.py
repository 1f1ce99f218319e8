"""An evening at which a lot happens, and what everybody was answered after every step."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from runtime.process.clock import system_clock
from tests.cells.cell_over_time import CellOverTime
from tests.cells.command_cell import evening
from tests.cells.http_reply import HttpReply
from tests.waiting import until_caught_up

HOST: Final = "host"
OPERATOR: Final = "operator"
GUESTS: Final = ("ann", "ben")
ROLES: Final = (HOST, *GUESTS, "fan", "stranger", OPERATOR)


class Seen(NamedTuple):
    """What one role was answered when the tables stood at `position`."""

    role: str
    position: int
    reply: HttpReply


class EventfulEvening:
    """An evening that `live` takes through many changes. If it is `watched`, `seen` then holds an
    answer of every role after every step."""

    def __init__(self, people: CellOverTime, *, watched: bool) -> None:
        self.people = people
        self._watched = watched
        self.id = ""
        self.seen: list[Seen] = []
        self.rated_pages: list[tuple[str, HttpReply]] = []
        """How the people of the evening were rated at each step, by the path that told it."""

    @property
    def path(self) -> str:
        return f"/announcement/{self.id}"

    @property
    def trail(self) -> str:
        return f"/history{self.path}"

    async def get(self, role: str, path: str, **parameters: Any) -> HttpReply:
        """Read after everything that was written."""
        given = {"min_position": self.people.position, **parameters}
        query = "&".join(f"{name}={quote(str(value))}" for name, value in given.items())
        address, token = f"/api/v1{path}?{query}", self.people.tokens[role]

        async def ask() -> HttpReply:
            return await self.people.cell.send("GET", address, token)

        # A moment that has not come yet is 504, too, and stays so.
        return await (ask() if "as_of" in parameters else until_caught_up(ask))

    async def entries(self, role: str, **parameters: Any) -> list[dict[str, Any]]:
        """Return the whole trail, on one page."""
        reply = await self.get(role, self.trail, limit=100, **parameters)
        assert reply.status == 200, reply.body
        assert "Link" not in reply.headers
        found: list[dict[str, Any]] = reply.body
        return found

    async def change(self, **fields: Any) -> None:
        await self.step(HOST, "PUT", self.path, fields)

    async def step(self, role: str, method: str, path: str, body: Any = None) -> Any:
        """Write, and look at what everybody is answered now."""
        reply = await self.people.say(role, method, path, body)
        assert reply.status < 300, reply.body
        self.id = self.id or reply.body["id"]
        if self._watched:
            await self._watch(reply.position)
        return reply.body

    async def _watch(self, at: int) -> None:
        for viewer in ROLES:
            answered = await self.get(viewer, self.path)
            position = int(answered.headers.get("X-Position", at))
            self.seen.append(Seen(viewer, position, answered))
        for person in (HOST, *GUESTS):
            page = f"/user/{self.people.ids[person]}/rating"
            self.rated_pages.append((page, await self.get("stranger", page)))

    async def announce(self, **terms: Any) -> None:
        starts = system_clock() + self.people.offset + timedelta(days=3)
        body = evening(ticket_count=1, event_time=starts.isoformat(), **terms)
        await self.step(HOST, "POST", f"/announcement/{self.people.cell.movie_id}", body)

    async def ask(self, guest: str, message: str) -> str:
        booked = await self.step(guest, "POST", f"/booking/{self.id}", {"message": message})
        return str(booked["booking_id"])

    async def answer(self, role: str, booking_id: str, yes: bool, **more: Any) -> None:
        await self.step(role, "PUT", f"/booking/{booking_id}", {"my_status": yes, **more})

    async def live(self) -> None:
        """Take the evening through a draft, a guest who fills it, another on the waitlist and
        changes of all kinds. In between the author and Ann rate each other for an earlier
        evening."""
        rated = self.people
        earlier = await rated.over(HOST, *GUESTS)
        await rated.meet(OPERATOR, is_super=True)  # A token of its kind after the days passed.
        host_id, fan_id = rated.ids[HOST], rated.ids["fan"]
        await rated.cell.send("PUT", f"/neighbours/ugc/followers/{host_id}/{fan_id}")
        await self.announce(publish=False)
        await self.change(title="Solaris, again", event_location="Moscow, Arbat 2")
        await self.change(status="Alive")
        of_ann = await self.ask("ann", "May I?")
        await self.answer(HOST, of_ann, True, message="Do come")
        given = await self.step("ann", "POST", f"/rating/{earlier}/{host_id}", {"score": 3})
        await self.step(HOST, "POST", f"/rating/{earlier}/{rated.ids['ann']}", {"score": 9})
        of_ben = await self.ask("ben", "Me, too")
        await self.change(hide_location=True, event_location="Moscow, Pokrovka 3")
        await self.change(sub_only=True)
        await self.answer(HOST, of_ben, True)
        await self.step("ann", "DELETE", f"/booking/{of_ann}")
        await self.answer("ben", of_ben, True)
        await self.step("ann", "DELETE", f"/rating/{given['review_id']}")
        later = system_clock() + rated.offset + timedelta(days=5)
        await self.change(event_time=later.isoformat(), description="On a bigger wall")
        await self.change(visibility="invite", ticket_count=3)
        await self.change(visibility="public", hide_location=False, price_amount=None)
        await self.change(hide_location=True, event_location="Moscow, Sretenka 4")


@asynccontextmanager
async def eventful_evening(
    directory: Path, postgres_dsn: str, *, watched: bool = False
) -> AsyncIterator[EventfulEvening]:
    """Start a cell with everybody in it; nothing has happened yet."""
    async with AsyncExitStack() as running:
        rated = CellOverTime(directory, postgres_dsn, running, history=True)
        await rated.start()
        await rated.meet(*(role for role in ROLES if role != OPERATOR))
        await rated.meet(OPERATOR, is_super=True)
        yield EventfulEvening(rated, watched=watched)
