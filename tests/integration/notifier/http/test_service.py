"""The notifier as a service: who is let in, and what it needs to be ready."""

import asyncio
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from notifier.main import build_app
from notifier.settings import Settings
from runtime.journal.sqlite import SqliteJournal
from tests.cells.stand_in import CREDENTIAL, OPERATOR, TOKEN_SECRET
from tests.integration.notifier.http.served_notifier import ServedNotifier
from tests.servers.http_server import served
from tests.waiting import WITHIN_S


async def test_nobody_reads_or_wishes_without_a_token(cell: ServedNotifier) -> None:
    for method, path in (
        ("GET", "/api/v1/notifications"),
        ("GET", "/api/v1/preferences"),
        ("PUT", "/api/v1/preferences"),
        ("GET", "/api/v1/operator/notices"),
        ("DELETE", "/api/v1/operator/notices/1"),
    ):
        assert (await cell.send(method, path))[0] == 401


async def test_a_service_that_is_down_does_not_make_the_notifier_unready(
    cell: ServedNotifier,
) -> None:
    await cell.send("POST", "/neighbours/control/notification", body={"down": True})
    position = await cell.tell()
    query = f"/api/v1/notifications?min_position={position}&kind=booking_status"

    async def failed() -> bool:
        (line,) = await cell.get(query, cell.token("anna"))
        return bool(line["reason"] == "notification does not answer")

    await cell.until(failed)
    assert cell.service.ready
    assert cell.service.position == position
    await cell.send("POST", "/neighbours/control/notification", body={"down": False})

    async def arrived() -> bool:
        cell.now += timedelta(minutes=1)
        return len(await cell.inbox("anna")) == 2

    await cell.until(arrived)


async def test_the_process_is_wired(
    tmp_path: Path, bare_postgres_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "none:1")
    monkeypatch.setenv("POSTGRES_DSN", bare_postgres_dsn)
    monkeypatch.setenv("PRACTIX_OPERATOR_TOKEN", OPERATOR)
    monkeypatch.setenv("NOTIFIER_NEIGHBOURS__BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NOTIFIER_NEIGHBOURS__CREDENTIAL", CREDENTIAL)
    monkeypatch.setenv("NOTIFIER_TOKEN__SECRET", TOKEN_SECRET)
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    app = build_app(Settings(), lambda _settings: journal)
    async with (
        served(app) as url,
        aiohttp.ClientSession() as session,
        asyncio.timeout(WITHIN_S),
    ):
        ready = False
        while not ready:
            async with session.get(url + "/readyz") as answer:
                ready = answer.status == 200
            await asyncio.sleep(0.05)
        document = await (await session.get(url + "/api/openapi.json")).json()
    assert {
        "/api/v1/notifications",
        "/api/v1/preferences",
        "/api/v1/operator/notices",
        "/api/v1/operator/notices/{notice_id}",
    } <= set(document["paths"])
