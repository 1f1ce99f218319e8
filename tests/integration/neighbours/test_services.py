"""The stand-in for outside services, over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr, ValidationError

from neighbours.app import create_app
from neighbours.services.movies import Films
from neighbours.services.shortener import Links, new_code
from neighbours.settings import StandInSettings
from neighbours.store import Store
from runtime.auth.tokens import TokenSettings, TokenVerifier
from runtime.outside.wiring import OutsideClients
from tests.cells.stand_in import OPERATOR, TOKEN_SECRET, build_settings, stand_in_settings
from tests.servers.http_server import served

SECRET = SecretStr(TOKEN_SECRET)
BY_OPERATOR = {"Authorization": f"Bearer {OPERATOR}"}
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
NOBODY = "0b0d0000-0000-4000-8000-000000000000"


class OperatorClient:
    """Whoever holds the operator token; tests/integration/neighbours/test_access.py has others."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __call__(
        self, method: str, path: str, body: Any = None, **how: Any
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        headers = BY_OPERATOR | how.pop("headers", {})
        async with self._session.request(
            method, path, json=body, allow_redirects=False, headers=headers, **how
        ) as response:
            content = await response.text()
            is_json = "json" in response.content_type
            return response.status, await response.json() if is_json else content, response


def settings(tmp_path: Path, **changed: Any) -> StandInSettings:
    return stand_in_settings(tmp_path, **changed)


@pytest.fixture
async def call(tmp_path: Path) -> AsyncIterator[OperatorClient]:
    app = create_app(settings(tmp_path, public_url="http://practix.test"), lambda: NOON)
    async with served(app) as url, aiohttp.ClientSession(url) as session:
        yield OperatorClient(session)


def message(user_id: str, key: str = "1:0:anna:announce_new", **changed: Any) -> dict[str, Any]:
    return {
        "key": key,
        "user_id": user_id,
        "notification_id": str(uuid4()),
        "source_name": "practix",
        "event_type": "announce_new",
        "title": "Матрица в пятницу",
        "text": "Анна зовёт в кино.",
        "short_link": "http://practix.test/s/0123456789ab",
        "context": {"announcement_id": str(uuid4()), "title": "Матрица"},
        "created_at": "2030-01-01T12:00:00.123Z",
    } | changed


async def test_a_login_is_the_same_person_ever_after(call: OperatorClient) -> None:
    status, anna, _ = await call("POST", "/neighbours/auth/token", {"login": "anna"})
    assert status == 200
    assert anna["name"] == "Anna"
    _, again, _ = await call("POST", "/neighbours/auth/token", {"login": " ANNA "})
    assert again["user_id"] == anna["user_id"]
    _, person, _ = await call("GET", f"/neighbours/auth/users/{anna['user_id']}")
    assert person == {
        "user_id": anna["user_id"],
        "name": "Anna",
        "language": "ru",
        "tz": "Europe/Moscow",
    }


async def test_a_person_keeps_what_they_set(call: OperatorClient) -> None:
    body = {"login": "bob", "name": "Bob B.", "language": "en", "tz": "Europe/Lisbon"}
    _, bob, _ = await call("POST", "/neighbours/auth/token", body)
    await call("POST", "/neighbours/auth/token", {"login": "bob"})
    _, person, _ = await call("GET", f"/neighbours/auth/users/{bob['user_id']}")
    assert (person["name"], person["language"], person["tz"]) == ("Bob B.", "en", "Europe/Lisbon")


async def test_the_token_holds_for_a_day(call: OperatorClient) -> None:
    _, anna, _ = await call("POST", "/neighbours/auth/token", {"login": "anna", "is_super": True})
    almost = NOON + timedelta(hours=23, minutes=59)
    verifier = TokenVerifier(TokenSettings(secret=SECRET), lambda: almost)
    caller = verifier.verify(f"Bearer {anna['access_token']}")
    assert (caller.person_id, caller.is_super) == (anna["user_id"], True)


async def test_the_key_set_gives_no_shared_secret_away(call: OperatorClient) -> None:
    assert (await call("GET", "/neighbours/auth/jwks.json"))[1] == {"keys": []}


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("RS256", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        ("ES256", ec.generate_private_key(ec.SECP256R1())),
    ],
)
async def test_the_published_key_verifies_the_tokens(
    tmp_path: Path, algorithm: Any, key: Any
) -> None:
    pem = tmp_path / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    app = create_app(settings(tmp_path, algorithm=algorithm, private_key_file=pem), lambda: NOON)
    async with served(app) as url, aiohttp.ClientSession(url) as session:
        _, anna, _ = await OperatorClient(session)(
            "POST", "/neighbours/auth/token", {"login": "anna"}
        )
        verifier = TokenVerifier(
            TokenSettings(algorithm=algorithm),
            lambda: NOON,
            OutsideClients(session, build_settings(url)).fetch_keys,
        )
        caller = await verifier.authenticate(f"Bearer {anna['access_token']}")
    assert caller.person_id == anna["user_id"]


def test_signing_without_a_usable_key_stops_the_start(tmp_path: Path) -> None:
    for wrong in ({"secret": None}, {"secret": SecretStr("short")}, {"algorithm": "RS256"}):
        with pytest.raises(ValidationError):
            settings(tmp_path, **wrong)


@pytest.mark.parametrize(
    "path",
    [
        f"/neighbours/auth/users/{NOBODY}",
        "/neighbours/auth/users/anna",
        f"/neighbours/movies/{NOBODY}",
        "/neighbours/movies/matrix",
        "/s/0123456789ab",
        "/s/-1",
        "/neighbours/nowhere",
    ],
)
async def test_what_is_not_there_is_a_problem(call: OperatorClient, path: str) -> None:
    status, body, response = await call("GET", path)
    assert (status, body["code"]) == (404, "not_found")
    assert response.content_type == "application/problem+json"


async def test_unknown_and_wrong_fields_are_refused(call: OperatorClient) -> None:
    wrong: list[Any] = [{"login": ""}, {"login": "a", "age": 7}, {"login": "a", "tz": "Mars"}, []]
    for body in wrong:
        status, answer, _ = await call("POST", "/neighbours/auth/token", body)
        assert (status, answer["code"]) == (422, "malformed_body")


def test_the_catalogue_holds_real_films_once_each() -> None:
    films = Films().search("", 1000)
    assert len(films) >= 200
    assert len({film.id for film in films}) == len(films)
    assert all(1895 < film.year < 2030 and 0 < film.duration_min < 500 for film in films)
    assert all(film.genres and film.countries for film in films)
    assert {film.kind for film in films} == {"film", "series"}


@pytest.mark.parametrize("words", ["matrix", "МАТРИЦА", "the mat", " матр "])
async def test_a_film_is_found_by_either_title(call: OperatorClient, words: str) -> None:
    _, found, _ = await call("GET", "/neighbours/movies", params={"q": words})
    assert [film["title"] for film in found] == ["The Matrix"]
    _, film, _ = await call("GET", f"/neighbours/movies/{found[0]['id']}")
    assert film == {
        "id": found[0]["id"],
        "title": "The Matrix",
        "title_ru": "Матрица",
        "year": 1999,
        "duration_min": 136,
        "kind": "film",
        "genres": ["science fiction", "action"],
        "genres_ru": ["фантастика", "боевик"],
        "countries": ["US"],
        "seasons": [],
    }


async def test_following_and_unfollowing_are_idempotent(call: OperatorClient) -> None:
    anna, bob = str(uuid4()), str(uuid4())
    pair = f"/neighbours/ugc/followers/{anna}/{bob}"
    for _ in range(2):
        _, state, _ = await call("PUT", pair)
        assert state == {"author_id": anna, "follower_id": bob, "follows": True}
    assert (await call("GET", f"/neighbours/ugc/followers/{anna}"))[1] == [bob]
    assert (await call("GET", f"/neighbours/ugc/following/{bob}"))[1] == [anna]
    assert (await call("GET", f"/neighbours/ugc/followers/{bob}"))[1] == []
    for _ in range(2):
        assert (await call("DELETE", pair))[1]["follows"] is False
    assert (await call("GET", f"/neighbours/ugc/following/{bob}"))[1] == []


async def test_followers_come_in_pages(call: OperatorClient) -> None:
    anna = str(uuid4())
    fans = sorted(str(uuid4()) for _ in range(5))
    for fan in fans:
        await call("PUT", f"/neighbours/ugc/followers/{anna}/{fan}")
    path = f"/neighbours/ugc/followers/{anna}"
    _, first, response = await call("GET", path, params={"limit": 3})
    cursor = response.headers["X-Next-Cursor"]
    _, rest, response = await call("GET", path, params={"limit": 3, "cursor": cursor})
    assert first + rest == fans
    assert "X-Next-Cursor" not in response.headers


async def test_a_message_is_delivered_once_per_key(call: OperatorClient) -> None:
    anna = str(uuid4())
    for repeated in (False, True):
        status, answer, _ = await call(
            "POST",
            "/neighbours/notification/send",
            message(anna),
            headers={"Idempotency-Key": "1:0:anna:announce_new"},
        )
        assert (status, answer["repeated"]) == (200, repeated)
    _, inbox, _ = await call("GET", f"/neighbours/notification/inbox/{anna}")
    assert inbox == [
        {
            "key": "1:0:anna:announce_new",
            "event_type": "announce_new",
            "title": "Матрица в пятницу",
            "text": "Анна зовёт в кино.",
            "short_link": "http://practix.test/s/0123456789ab",
            "created_at": "2030-01-01T12:00:00.123Z",
            "source_name": "practix",
            "evening": "Матрица",
        }
    ]


async def test_header_and_body_must_name_one_key(call: OperatorClient) -> None:
    status, answer, _ = await call(
        "POST",
        "/neighbours/notification/send",
        message(str(uuid4())),
        headers={"Idempotency-Key": "another"},
    )
    assert (status, answer["code"]) == (400, "malformed_header")


async def test_the_inbox_is_newest_first(call: OperatorClient) -> None:
    anna = str(uuid4())
    for key, at in (("b", "12:00:00Z"), ("c", "16:00:00+03:00"), ("a", "11:00:00Z")):
        await call(
            "POST",
            "/neighbours/notification/send",
            message(anna, key, created_at=f"2030-01-01T{at}"),
        )
    _, inbox, _ = await call("GET", f"/neighbours/notification/inbox/{anna}")
    assert [notice["key"] for notice in inbox] == ["c", "b", "a"]


async def test_the_inbox_page_shows_everything_and_runs_nothing(call: OperatorClient) -> None:
    anna = str(uuid4())
    path = f"/neighbours/notification/inbox/{anna}"
    _, empty, _ = await call("GET", path, headers=HTML)
    assert "Nothing has been sent yet" in empty
    hostile = message(
        anna, title="<script>alert(1)</script>", text="{0} & more", short_link="javascript:x()"
    )
    await call("POST", "/neighbours/notification/send", hostile)
    await call("POST", "/neighbours/notification/send", message(anna, "second"))
    _, page, response = await call("GET", path, headers=HTML)
    assert response.content_type == "text/html"
    assert "<script" not in page
    assert "javascript:" not in page
    assert "{0} &amp; more" in page
    assert '<a href="http://practix.test/s/0123456789ab">' in page


@pytest.mark.parametrize(
    ("language", "title", "count", "time"),
    [
        ("en", "Inbox: Mila", "Notices: 1", "Tuesday, 1 January 2030, 21:00 (Tokyo, GMT+9)"),
        ("ru", "Входящие: Mila", "Уведомлений: 1", "вторник, 1 января 2030, 21:00 (Токио, GMT+9)"),
    ],
)
async def test_the_inbox_page_names_its_person_in_the_language_of_the_visitor(
    call: OperatorClient, language: str, title: str, count: str, time: str
) -> None:
    login = {"login": "mila", "tz": "Asia/Tokyo"}
    _, mila, _ = await call("POST", "/neighbours/auth/token", login)
    await call("POST", "/neighbours/notification/send", message(mila["user_id"]))
    path = f"/neighbours/notification/inbox/{mila['user_id']}"
    _, page, _ = await call("GET", path, headers=HTML | {"Accept-Language": language})
    assert f'<html lang="{language}">' in page
    assert f"<h1>{title}</h1><p>{count}</p>" in page
    assert f">{time}<" in page
    assert mila["user_id"] not in page


async def test_one_target_has_one_short_link(call: OperatorClient) -> None:
    body = {"target": "http://practix.test/a/1"}
    _, link, _ = await call("POST", "/neighbours/shortener/links", body)
    code = link["short_link"].removeprefix("http://practix.test/s/")
    assert len(code) == 12
    for _ in range(2):
        status, _, response = await call("GET", f"/s/{code}")
        assert (status, response.headers["Location"]) == (307, body["target"])
    _, again, _ = await call("POST", "/neighbours/shortener/links", body)
    assert again == link | {"clicks": 2}


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "//evil",
        "/\\evil",
        "ftp://x",
        "http://a\r\nb",
        "",
        "http://evil.example/a/1",
        "http://practix.test.evil.example/a/1",
        "http://practix.test@evil.example/a/1",
        "http://practix.test/api/v1/announcements",
        "/s/0123456789ab",
    ],
)
async def test_only_our_own_public_pages_are_shortened(call: OperatorClient, target: str) -> None:
    status, body, _ = await call("POST", "/neighbours/shortener/links", {"target": target})
    assert (status, body["code"]) == (422, "malformed_body")


async def test_an_expired_link_leads_nowhere(call: OperatorClient) -> None:
    body = {"target": "/a/1", "expires_at": "2030-01-01T12:00:00Z"}
    _, link, _ = await call("POST", "/neighbours/shortener/links", body)
    assert (await call("GET", f"/s/{link['code']}"))[0] == 404
    body["expires_at"] = "2030-01-01T12:00:01Z"
    await call("POST", "/neighbours/shortener/links", body)
    assert (await call("GET", f"/s/{link['code']}"))[0] == 307


def test_a_code_that_is_taken_is_drawn_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    drawn = iter(["same", "same", "other"])
    links = Links(store, "http://practix.test", lambda: NOON, make_code=lambda: next(drawn))
    codes = [links.shorten(target, None)["code"] for target in ("/a/1", "/a/2")]
    store.close()
    assert codes == ["same", "other"]


def test_codes_are_sixty_random_bits() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {12}


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("auth", "/neighbours/auth/jwks.json"),
        ("movies", "/neighbours/movies"),
        ("ugc", f"/neighbours/ugc/followers/{NOBODY}"),
        ("notification", f"/neighbours/notification/inbox/{NOBODY}"),
        ("shortener", "/s/0123456789ab"),
    ],
)
async def test_each_service_is_taken_down_and_up(
    call: OperatorClient, service: str, path: str
) -> None:
    before = (await call("GET", path))[0]
    _, switch, _ = await call("POST", f"/neighbours/control/{service}", {"down": True})
    assert switch == {"service": service, "down": True, "delay_ms": 0}
    status, body, response = await call("GET", path)
    assert (status, body["code"], body["dependency"]) == (503, "dependency_down", service)
    assert response.headers["Retry-After"] == "1"
    others = {"/neighbours/auth/jwks.json", "/neighbours/movies"} - {path}
    for other in others:
        assert (await call("GET", other))[0] == 200
    await call("POST", f"/neighbours/control/{service}", {"down": False})
    assert (await call("GET", path))[0] == before


async def test_nobody_logs_in_while_auth_is_down(call: OperatorClient) -> None:
    await call("POST", "/neighbours/control/auth", {"down": True})
    status, body, _ = await call("POST", "/neighbours/auth/token", {"login": "anna"})
    assert (status, body["code"], body["dependency"]) == (503, "dependency_down", "auth")
    await call("POST", "/neighbours/control/auth", {"down": False})
    assert (await call("POST", "/neighbours/auth/token", {"login": "anna"}))[0] == 200


async def test_an_unknown_switch_is_refused(call: OperatorClient) -> None:
    assert (await call("POST", "/neighbours/control/kitchen", {"down": True}))[0] == 404
    assert (await call("POST", "/neighbours/control/auth", {"delay_ms": -1}))[0] == 422


async def test_everything_said_survives_a_restart(tmp_path: Path) -> None:
    anna, bob = str(uuid4()), str(uuid4())
    kept: list[Any] = []
    for _ in range(2):
        app = create_app(settings(tmp_path, public_url="http://practix.test"), lambda: NOON)
        async with served(app) as url, aiohttp.ClientSession(url) as session:
            call = OperatorClient(session)
            if not kept:
                await call("POST", "/neighbours/auth/token", {"login": "anna", "name": "A."})
                await call("PUT", f"/neighbours/ugc/followers/{anna}/{bob}")
                await call("POST", "/neighbours/notification/send", message(anna))
            _, person, _ = await call("POST", "/neighbours/auth/token", {"login": "anna"})
            _, link, _ = await call("POST", "/neighbours/shortener/links", {"target": "/a/1"})
            _, fans, _ = await call("GET", f"/neighbours/ugc/followers/{anna}")
            _, inbox, _ = await call("GET", f"/neighbours/notification/inbox/{anna}")
            assert (fans, len(inbox)) == ([bob], 1)
            kept.append((person["name"], person["user_id"], link, fans, inbox))
    assert kept[0] == kept[1]
