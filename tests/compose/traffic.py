"""Sends traffic through the gateway, and finds everything acknowledged again afterwards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp

CLIENTS = 4
TRY_S_MAX = 10.0
PROGRESS_S_MAX = 120.0
GIVE_UP_S = 180.0


class Traffic:
    """Each client announces an evening, has a guest ask for it, and approves; then again."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base_url = base_url
        self._stopping = False
        self.confirmed: list[tuple[str, str, str]] = []
        """Evening, booking and guest's token of every acknowledged confirmation."""
        self.lost: list[str] = []
        """Requests that had to be repeated, with the answer or the error."""

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as clients:
            for number in range(CLIENTS):
                clients.create_task(self._client(number))
            yield
            self._stopping = True

    async def progress(self) -> None:
        """Wait for further confirmations: the system works."""
        wanted = len(self.confirmed) + CLIENTS
        async with asyncio.timeout(PROGRESS_S_MAX):
            while len(self.confirmed) < wanted:
                await asyncio.sleep(0.1)

    async def demand_all_readable(self, token: str) -> None:
        """Assert that every acknowledged confirmation can be read."""
        position = int((await self._insist("GET", "/api/v1/schedule", token)).get("position", 0))
        assert position > 0
        for evening_id, booking_id, guest in self.confirmed:
            booking = await self._insist("GET", f"/api/v1/booking/{booking_id}", guest)
            assert booking["body"]["state"] == "confirmed", (evening_id, booking)

    async def _client(self, number: int) -> None:
        film = (await self._insist("GET", "/neighbours/movies?q=matrix", ""))["body"][0]["id"]
        hours = 0
        while not self._stopping:
            hours += 6
            host = await self._token(f"host-{number}-{uuid4().hex[:8]}")
            guest = await self._token(f"guest-{number}-{uuid4().hex[:8]}")
            body = {
                "title": "An evening",
                "description": "",
                "sub_only": False,
                "is_free": True,
                "ticket_count": 1,
                "event_time": (datetime.now(UTC) + timedelta(hours=24 + hours)).isoformat(),
                "event_location": "Here",
            }
            path = f"/api/v1/announcement/{film}"
            evening = (await self._insist("POST", path, host, body))["body"]["id"]
            asked = await self._insist("POST", f"/api/v1/booking/{evening}", guest)
            booking = asked["body"]["booking_id"]
            path = f"/api/v1/booking/{booking}"
            done = await self._insist("PUT", path, host, {"my_status": True})
            assert done["body"]["state"] == "confirmed", done
            self.confirmed.append((evening, booking, guest))

    async def _token(self, login: str) -> str:
        answer = await self._insist("POST", "/neighbours/auth/token", "", {"login": login})
        token: str = answer["body"]["access_token"]
        return token

    async def _insist(self, method: str, path: str, token: str, body: Any = None) -> dict[str, Any]:
        headers = {"Idempotency-Key": uuid4().hex}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        timeout = aiohttp.ClientTimeout(total=TRY_S_MAX)
        async with asyncio.timeout(GIVE_UP_S):
            while True:
                try:
                    async with self._session.request(
                        method, self._base_url + path, json=body, headers=headers, timeout=timeout
                    ) as response:
                        if response.status < 500:
                            content = await response.json(content_type=None)
                            assert response.status < 400, (method, path, content)
                            position = response.headers.get("X-Position", "0")
                            return {"body": content, "position": position}
                        self.lost.append(f"{method} {path}: {await response.text()}")
                except (aiohttp.ClientError, TimeoutError) as error:
                    self.lost.append(f"{method} {path}: {error!r}")
                await asyncio.sleep(0.2)
