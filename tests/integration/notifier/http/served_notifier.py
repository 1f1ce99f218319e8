"""Runs a notifier as a service beside the stand-in that it speaks to, for tests of its routes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from fastapi import FastAPI
from pydantic import SecretStr

from contracts.notices import Kind
from neighbours.app import StandInState
from neighbours.app import build_router as build_stand_in_router
from notifier.dispatcher import DispatcherPace
from notifier.main import clients_from
from notifier.service import NotifierService
from runtime.auth.operators import OperatorGuard
from runtime.auth.tokens import TokenSettings, TokenVerifier, issue_token
from runtime.http.problems import install_problems
from runtime.journal.sqlite import SqliteJournal
from runtime.outside.wiring import OutsideClients
from runtime.postgres.pools import open_pool
from runtime.service.cell import ZONE_DEFAULT
from tests.cells.stand_in import OPERATOR, TOKEN_SECRET, build_settings, key_for, stand_in_settings
from tests.histories.notifier_events import BEGIN, NotifierHistory, person
from tests.servers.http_server import served
from tests.waiting import WITHIN_S

NOBODY = "00000000-0000-0000-0000-000000000001"
APPROVED: tuple[Kind, ...] = ("operator_message",)
NOTICES = "/api/v1/operator/notices"


class ServedNotifier:
    def __init__(self, session: aiohttp.ClientSession, url: str, journal: SqliteJournal) -> None:
        self._session = session
        self.url = url
        self._journal = journal
        self.history = NotifierHistory()
        self.now = BEGIN
        self.service: NotifierService

    def token(self, name: str) -> str:
        return issue_token(person(name), key=TOKEN_SECRET, now=BEGIN)

    async def send(
        self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str
    ) -> tuple[int, Any, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if (token := key_for(path, token)) is not None:
            named["Authorization"] = f"Bearer {token}"
        async with self._session.request(
            method, self.url + path, headers=named, json=body, allow_redirects=False
        ) as response:
            content = await response.json() if await response.read() else None
            return response.status, content, response.headers

    async def get(self, path: str, token: str | None, **headers: str) -> Any:
        status, body, _ = await self.send("GET", path, token, **headers)
        assert status == 200, body
        return body

    async def inbox(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.get(
            f"/neighbours/notification/inbox/{person(name)}", None
        )
        return found

    async def tell(self) -> int:
        return await self.history.write_to(self._journal)

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not await holds():
                await asyncio.sleep(0.02)

    async def settled(self, name: str) -> list[dict[str, Any]]:
        """My ledger, once nothing that is due waits any more."""
        position = await self.tell()

        async def nothing_due() -> bool:
            lines = await self.get(
                f"/api/v1/notifications?state=waiting&min_position={position}", self.token(name)
            )
            return all(datetime.fromisoformat(one["due_at"]) > self.now for one in lines)

        await self.until(nothing_due)
        found: list[dict[str, Any]] = await self.get("/api/v1/notifications", self.token(name))
        return found


@asynccontextmanager
async def running(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[ServedNotifier]:
    app = FastAPI()
    install_problems(app)
    state = StandInState(stand_in_settings(tmp_path))
    app.include_router(build_stand_in_router(state))
    async with served(app) as url, aiohttp.ClientSession() as session:
        journal = SqliteJournal(tmp_path / "journal.sqlite")
        pool = await open_pool(postgres_dsn)
        found = ServedNotifier(session, url, journal)
        verifier = TokenVerifier(TokenSettings(secret=SecretStr(TOKEN_SECRET)), lambda: found.now)
        found.service = NotifierService(
            journal,
            pool,
            clients_from(OutsideClients(session, build_settings(url))),
            verifier=verifier,
            guard=OperatorGuard(OPERATOR),
            cell_zone=ZONE_DEFAULT,
            clock=lambda: found.now,
            approval_kinds=APPROVED,
            pace=DispatcherPace(poll_s=0.02),
        )
        for router in found.service.routers:
            app.include_router(router)
        await found.service.start()
        yield found
        await found.service.stop()
        await pool.close()
        await journal.close()
    state.close()
