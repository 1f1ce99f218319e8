"""Who may use which route of the stand-in: every key at every route."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr, ValidationError

from neighbours.access import INBOX_LINK_LIFETIME, InboxLinks
from neighbours.app import create_app
from neighbours.services.auth import person_id_of
from runtime.auth.tokens import issue_token
from tests.cells.stand_in import CREDENTIAL, OPERATOR, TOKEN_SECRET, stand_in_settings
from tests.servers.http_server import served

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANNA, BORIS = person_id_of("anna"), person_id_of("boris")
FORGED: Final = issue_token(ANNA, key="somebody else's secret, of thirty-two bytes", now=NOON)


def of(person_id: str, **claims: Any) -> str:
    return issue_token(person_id, key=TOKEN_SECRET, now=NOON, **claims)


KEYS: Final[dict[str, str | None]] = {
    "nobody": None,
    "forged": FORGED,
    "anna": of(ANNA),
    "boris": of(BORIS),
    "super-user": of(str(uuid4()), is_super=True),
    "ours": CREDENTIAL,
    "operator": OPERATOR,
}
MESSAGE: Final = {
    "key": "1",
    "user_id": ANNA,
    "notification_id": str(uuid4()),
    "source_name": "practix",
    "event_type": "announce_new",
    "title": "",
    "text": "",
    "created_at": "2030-01-01T12:00:00Z",
}
ROUTES: Final[list[tuple[str, str, Any, set[str]]]] = [
    ("POST", "/neighbours/auth/token", {"login": "x"}, set(KEYS)),
    ("POST", "/neighbours/auth/token", {"login": "x", "is_super": True}, {"operator"}),
    ("POST", "/neighbours/auth/token", {"login": "x", "permissions": ["p"]}, {"operator"}),
    ("GET", "/neighbours/movies", None, set(KEYS)),
    ("GET", "/neighbours/auth/jwks.json", None, set(KEYS)),
    ("PUT", f"/neighbours/ugc/followers/{BORIS}/{ANNA}", None, {"anna", "operator"}),
    ("DELETE", f"/neighbours/ugc/followers/{BORIS}/{ANNA}", None, {"anna", "operator"}),
    ("GET", f"/neighbours/ugc/followers/{ANNA}", None, {"anna", "ours", "operator"}),
    ("GET", f"/neighbours/ugc/following/{ANNA}", None, {"anna", "ours", "operator"}),
    ("GET", f"/neighbours/notification/inbox/{ANNA}", None, {"anna", "operator"}),
    ("POST", "/neighbours/notification/send", MESSAGE, {"ours", "operator"}),
    ("POST", "/neighbours/notification/retract", {"notices": []}, {"ours", "operator"}),
    (
        "DELETE",
        f"/neighbours/notification/inbox/{ANNA}?until=2030-01-01T12:00:00Z",
        None,
        {"ours", "operator"},
    ),
    ("POST", "/neighbours/shortener/links", {"target": "/a/1"}, {"ours", "operator"}),
    ("GET", "/neighbours/shortener/clicks?after=0", None, {"ours", "operator"}),
    ("POST", "/neighbours/control/ugc", {"down": False}, {"operator"}),
]


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    app = create_app(stand_in_settings(tmp_path), lambda: NOON)
    async with served(app) as url, aiohttp.ClientSession(url) as session:
        yield session


@pytest.mark.parametrize(("method", "path", "body", "admitted"), ROUTES)
async def test_a_route_opens_to_its_keys_and_to_no_other(
    session: aiohttp.ClientSession, method: str, path: str, body: Any, admitted: set[str]
) -> None:
    opened = set()
    for name, key in KEYS.items():
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with session.request(method, path, json=body, headers=headers) as response:
            assert response.status in (200, 401, 403), await response.text()
            assert (response.status == 403) <= (name in ("anna", "boris", "super-user"))
            if response.status == 200:
                opened.add(name)
    assert opened == admitted


async def inbox(
    session: aiohttp.ClientSession, address: str, accept: str = "text/html"
) -> tuple[int, str]:
    async with session.get(address, headers={"Accept": accept}) as response:
        return response.status, await response.text()


async def test_the_inbox_page_opens_by_a_link_that_was_signed(
    session: aiohttp.ClientSession,
) -> None:
    link = InboxLinks(OPERATOR, lambda: NOON).path(ANNA)
    status, page = await inbox(session, link)
    assert status == 200
    assert page.startswith("<!doctype html>")
    assert (await inbox(session, link.replace(ANNA, BORIS)))[0] == 401
    assert (await inbox(session, link.replace("until=1", "until=9")))[0] == 401
    assert (await inbox(session, link[:-1]))[0] == 401
    assert (await inbox(session, link.partition("?")[0]))[0] == 401
    assert (await inbox(session, link.partition("?")[0] + "?until=x&signature="))[0] == 401


async def test_a_signed_link_ends(session: aiohttp.ClientSession) -> None:
    yesterday = NOON - INBOX_LINK_LIFETIME
    expired = InboxLinks(OPERATOR, lambda: yesterday).path(ANNA)
    last = InboxLinks(OPERATOR, lambda: yesterday + timedelta(seconds=1)).path(ANNA)
    assert (await inbox(session, expired))[0] == 401
    assert (await inbox(session, last))[0] == 200


async def test_the_address_of_an_inbox_is_not_told_to_the_pages_it_links_to(
    session: aiohttp.ClientSession,
) -> None:
    async with session.get(
        InboxLinks(OPERATOR, lambda: NOON).path(ANNA), headers={"Accept": "text/html"}
    ) as response:
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


async def test_links_that_led_elsewhere_before_lead_nowhere(tmp_path: Path) -> None:
    settings = stand_in_settings(tmp_path, link_targets=("http://evil.example/",))
    headers = {"Authorization": f"Bearer {CREDENTIAL}"}
    async with served(create_app(settings)) as url, aiohttp.ClientSession(url) as session:
        body = {"target": "http://evil.example/x"}
        async with session.post(
            "/neighbours/shortener/links", json=body, headers=headers
        ) as response:
            code = (await response.json())["code"]
        async with session.get(f"/s/{code}", allow_redirects=False) as response:
            assert response.status == 307
    async with (
        served(create_app(stand_in_settings(tmp_path))) as url,
        aiohttp.ClientSession(url) as session,
        session.get(f"/s/{code}", allow_redirects=False) as response,
    ):
        assert response.status == 404


@pytest.mark.parametrize("place", ["http://a.example", "//evil/", "/", "ftp://a/", "/\\evil/"])
def test_a_place_for_links_ends_where_its_name_does(tmp_path: Path, place: str) -> None:
    with pytest.raises(ValidationError, match="link_targets"):
        stand_in_settings(tmp_path, link_targets=(place,))


@pytest.mark.parametrize("name", ["operator_token", "credential", "secret"])
@pytest.mark.parametrize("secret", ["", "short"])
def test_a_short_secret_is_refused(tmp_path: Path, name: str, secret: str) -> None:
    with pytest.raises(ValidationError, match="32 bytes"):
        stand_in_settings(tmp_path, **{name: SecretStr(secret)})


async def test_bodies_are_read_only_as_far_as_one_may_be_long(
    session: aiohttp.ClientSession,
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100_000_000:
            sent += 65_536
            yield b"x" * 65_536

    headers = {"Content-Type": "application/json"}
    async with session.post("/neighbours/auth/token", data=endless(), headers=headers) as response:
        assert response.status == 413
        assert (await response.json())["code"] == "too_large"
    assert sent < 50_000_000
