"""People who use a system that is being tortured, each with a key for every wish."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

import aiohttp

from runtime.auth.tokens import issue_token
from tests.e2e.cell import now
from tests.e2e.traffic import TRY_S_MAX, Addressed, Clients

HOSTS: Final = 5
EVENINGS_A_HOST: Final = 3
REGULARS: Final = 40
OTHERS: Final = 300
FROM_OTHERS: Final = 0.3
"""Part of the wishes to come that are not of regular guests."""
LOGINS_AT_ONCE: Final = 20
PAUSE_S: Final = 0.02


class Crowd(Clients):
    """Authors whose announcements are mostly at the same time and have few seats, and guests who
    want to be everywhere: what is decided about one touches the others."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        cell: Sequence[Addressed],
        query: Addressed,
        random: Random,
        secret: str,
    ) -> None:
        super().__init__(session, cell)
        self._query = query
        self._random = random
        self._secret = secret
        self._hosts: list[str] = []
        self._regulars: list[str] = []
        self._others: list[str] = []
        self._evenings: dict[str, str] = {}
        """Evening to host."""
        self._bookings: dict[str, tuple[str, str]] = {}
        """Booking to host and guest."""
        self.reads = 0
        self.stale: list[str] = []
        """Reads that did not show their reader's own write."""

    def token(self, person_id: str) -> str:
        return issue_token(person_id, key=self._secret, now=now())

    async def begin(self, neighbours: str) -> None:
        """Make everybody known to the stand-in's Auth, and announce all evenings."""
        wanted, people = range(HOSTS + REGULARS + OTHERS), []
        for start in wanted[::LOGINS_AT_ONCE]:
            some = wanted[start : start + LOGINS_AT_ONCE]
            people += await asyncio.gather(*(self._login(neighbours, one) for one in some))
        self._hosts, people = people[:HOSTS], people[HOSTS:]
        self._regulars, self._others = people[:REGULARS], people[REGULARS:]
        async with self._session.get(f"{neighbours}/neighbours/movies") as films:
            movie_id = (await films.json())[0]["id"]
        for host in self._hosts:
            for day in range(EVENINGS_A_HOST):
                await self._announce_one(host, movie_id, day)

    async def live(self) -> None:
        """Give one command after another, until told to stop."""
        while not self.stopping:
            await self._wish()
            await asyncio.sleep(PAUSE_S)

    async def _wish(self) -> None:
        chance = self._random.random()
        if chance < 0.45 or not self._bookings:
            await self._request()
        elif chance < 0.85:
            await self._answer()
        else:
            await self._change()

    async def _announce_one(self, host: str, movie_id: str, day: int) -> None:
        starts_at = now() + timedelta(days=2 + day, hours=self._random.choice((0, 1, 2)))
        body = {
            "title": f"Day {day}",
            "description": "",
            "sub_only": False,
            "is_free": True,
            "ticket_count": self._random.randint(1, 4),
            "event_time": starts_at.isoformat(),
            "event_location": "Here",
        }
        created = await self.insist(host, "POST", f"/api/v1/announcement/{movie_id}", body)
        self._evenings[created["id"]] = host

    async def _request(self) -> None:
        evening_id = self._random.choice(list(self._evenings))
        others = self._random.random() < FROM_OTHERS
        guest = self._random.choice(self._others if others else self._regulars)
        booking = await self.insist(guest, "POST", f"/api/v1/booking/{evening_id}", None)
        if "booking_id" in booking:
            self._bookings[booking["booking_id"]] = (self._evenings[evening_id], guest)

    async def _answer(self) -> None:
        """Both sides say yes more often than no; guests leave, and hosts change their minds."""
        booking_id = self._random.choice(list(self._bookings)[-200:])
        actor = self._random.choice(self._bookings[booking_id])
        answer = {"my_status": self._random.random() < 0.75}
        await self.insist(actor, "PUT", f"/api/v1/booking/{booking_id}", answer)

    async def _change(self) -> None:
        evening_id, host = self._random.choice(list(self._evenings.items()))
        path = f"/api/v1/announcement/{evening_id}"
        changes = {"ticket_count": self._random.randint(1, 5)}
        before = len(self.answered)
        await self.insist(host, "PUT", path, changes)
        mine = next(one for one in reversed(self.answered[before:]) if one.actor == host)
        await self._read_own_write(host, path, mine.position)

    async def _read_own_write(self, host: str, path: str, position: int) -> None:
        """The query process may be away or behind, and says so; what it shows is not older."""
        address = f"{self._query.url}{path}?min_position={position}"
        timeout = aiohttp.ClientTimeout(total=TRY_S_MAX)
        headers = {"Authorization": f"Bearer {self.token(host)}"}
        try:
            async with self._session.get(address, headers=headers, timeout=timeout) as response:
                content = await response.json(content_type=None)
                self._note_read(response.status, response.headers, position, content)
        except (aiohttp.ClientError, TimeoutError):
            return

    def _note_read(
        self, status: int, headers: Mapping[str, str], position: int, content: Any
    ) -> None:
        self.reads += status == 200
        if status == 500:
            self.crashes.append(f"read: {content}")
        if status == 200 and int(headers["X-Position"]) < position:
            self.stale.append(f"{headers['X-Position']} where {position} was asked for")

    async def _login(self, neighbours: str, number: int) -> str:
        path = f"{neighbours}/neighbours/auth/token"
        async with self._session.post(path, json={"login": f"person {number}"}) as response:
            person_id: str = (await response.json())["user_id"]
            return person_id
