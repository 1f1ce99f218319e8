"""The stand-in passes messages on to people's own channels, if they have any."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from fastapi import FastAPI, HTTPException, Request
from pydantic import SecretStr, ValidationError

from deploy.up import MAILPIT
from neighbours.app import create_app
from neighbours.services.auth import person_id_of
from neighbours.services.hand_on import HandOn
from tests.cells.stand_in import CREDENTIAL, stand_in_settings
from tests.servers.http_server import served
from tests.servers.mail_server import mail_server
from tests.waiting import WITHIN_S

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")  # Apprise's own.

TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"


class Channel:
    """Somebody's own place for messages, as Apprise's `json://` speaks to it."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.failures_left = 0
        self.app = FastAPI()
        self.app.post("/{anything}")(self.take)
        self.url = ""

    async def take(self, request: Request) -> Any:
        if self.failures_left:
            self.failures_left -= 1
            raise HTTPException(503)
        self.got.append(await request.json())
        return {}

    async def until(self, count: int) -> None:
        async with asyncio.timeout(WITHIN_S):
            while len(self.got) < count:
                await asyncio.sleep(0.02)


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    found = Channel()
    async with served(found.app) as url:
        found.url = url.replace("http://", "json://") + "/inbox"
        yield found


def message(login: str, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "user_id": person_id_of(login),
        "notification_id": str(uuid4()),
        "source_name": "practix",
        "event_type": "remind_day",
        "title": "Soon",
        "text": "Tomorrow.",
        "short_link": "http://s/1",
        "created_at": "2026-03-05T16:00:00Z",
    }


async def test_a_message_is_handed_on_once_to_the_channel_of_its_recipient(
    tmp_path: Path, channel: Channel
) -> None:
    settings = stand_in_settings(tmp_path, hand_on={"anna": SecretStr(channel.url)})
    credential = {"Authorization": f"Bearer {CREDENTIAL}"}
    async with served(create_app(settings)) as url, aiohttp.ClientSession() as session:
        for login, key in (("anna", "1"), ("boris", "2"), ("anna", "1"), ("anna", "3")):
            address = f"{url}/neighbours/notification/send"
            async with session.post(
                address, json=message(login, key), headers=credential
            ) as response:
                assert response.status == 200
        await channel.until(2)
    assert [one["title"] for one in channel.got] == ["Soon", "Soon"]
    assert channel.got[0]["message"] == "Tomorrow.\nhttp://s/1"


async def test_a_channel_that_fails_is_tried_again(channel: Channel) -> None:
    channel.failures_left = 1
    hand_on = HandOn({"*": channel.url}, pause_s=0.01)
    hand_on.offer(person_id_of("anna"), "Soon", "Tomorrow.", None, key="k")
    await channel.until(1)
    hand_on.close()


async def test_what_is_taken_back_is_not_handed_on(channel: Channel) -> None:
    hand_on = HandOn({"*": channel.url})
    for login, key in (("anna", "1"), ("anna", "2"), ("boris", "3")):
        hand_on.offer(person_id_of(login), f"Notice {key}", "Tomorrow.", None, key=key)
    hand_on.retract({"1"})
    hand_on.retract_all_of(person_id_of("boris"))
    await channel.until(1)
    hand_on.close()
    assert [one["title"] for one in channel.got] == ["Notice 2"]


def test_an_address_that_apprise_does_not_know_stops_the_start_unrepeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Apprise itself would log it, with the token in it."""
    for address in ("nowhere", "tgram://hunter2", "mailto://hunter2"):
        with pytest.raises(ValueError, match="hand_on"):
            HandOn({"anna": address})
        with pytest.raises(ValidationError, match="hand_on"):
            stand_in_settings(Path(), hand_on={"anna": address})
    assert "hunter2" not in caplog.text


def test_addresses_are_secrets() -> None:
    assert "tgram" not in repr(stand_in_settings(Path(), hand_on={"anna": TELEGRAM}))
    with pytest.raises(ValidationError):
        stand_in_settings(Path(), hand_on="anna")


async def test_the_address_that_make_up_gives_is_mail() -> None:
    async with mail_server() as server:
        address = MAILPIT.replace("mailpit:1025", f"127.0.0.1:{server.port}")
        hand_on = HandOn({"*": address})
        hand_on.offer(person_id_of("anna"), "Скоро", "Tomorrow.", "http://s/1", key="k")
        async with asyncio.timeout(WITHIN_S):
            mail = await server.mails.get()
        hand_on.close()
    assert mail.recipients == ["everybody@example.org"]
    assert mail.message["subject"] == "Скоро"
    body = mail.message.get_body(("html", "plain"))
    assert body is not None
    assert "http://s/1" in body.get_content()


HOSTILE = '<a href="http://evil.example">Tickets</a> & <b>more</b>'
"""A name, a title or a reason as somebody may choose it."""


@pytest.mark.parametrize("options", ["", "&format=html"])
async def test_what_people_wrote_is_no_html_in_mail(options: str) -> None:
    async with mail_server() as server:
        address = MAILPIT.replace("mailpit:1025", f"127.0.0.1:{server.port}")
        hand_on = HandOn({"*": address + options})
        hand_on.offer(person_id_of("anna"), HOSTILE, HOSTILE, None, key="k")
        async with asyncio.timeout(WITHIN_S):
            mail = await server.mails.get()
        hand_on.close()
    assert mail.message["subject"] == HOSTILE
    parts = {
        part.get_content_type(): part.get_content()
        for part in mail.message.walk()
        if not part.is_multipart()
    }
    assert HOSTILE in parts["text/plain"]
    assert "<a href" not in parts.get("text/html", "")
    assert "<b>" not in parts.get("text/html", "")


async def test_what_people_wrote_is_no_html_in_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.telegram import NotifyTelegram

    told: asyncio.Queue[Any] = asyncio.Queue()

    async def take(request: Request) -> dict[str, Any]:
        told.put_nowait(await request.json())
        return {"ok": True, "result": []}

    app = FastAPI()
    app.post("/bot{rest:path}")(take)
    async with served(app) as url:
        monkeypatch.setattr(NotifyTelegram, "notify_url", f"{url}/bot")
        hand_on = HandOn({"*": TELEGRAM})
        hand_on.offer(person_id_of("anna"), HOSTILE, HOSTILE, None, key="k")
        async with asyncio.timeout(WITHIN_S):
            sent = await told.get()
        hand_on.close()
    assert sent["parse_mode"] == "HTML"
    assert "<a" not in sent["text"]
    assert sent["text"].count("&lt;a") == 2
