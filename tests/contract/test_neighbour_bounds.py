"""An outside service that never stops talking counts as one that gives no answer."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from contracts.errors import DependencyDown
from contracts.values.ids import MovieId, PersonId
from runtime.calls.remote import RemoteSettings
from runtime.outside import adapters
from runtime.outside.wiring import OutsideClients
from tests.cells.stand_in import CREDENTIAL, build_settings
from tests.servers.http_server import served

ONCE = RemoteSettings(timeout_s=30.0, deadline_s=30.0, retries_max=0, answer_bytes_max=100_000)
"""Patient: it is the size that ends a call here, on however busy a machine."""
CHUNK = b" " * 65_536


class Talker:
    """What it sent, and what it was told."""

    def __init__(self) -> None:
        self.sent = 0
        self.presented: list[str | None] = []
        self.answer: Callable[[Request], Response] = lambda _: StreamingResponse(self._endless())

    async def _endless(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += len(CHUNK)
            yield CHUNK
            await asyncio.sleep(0)  # A sender who was hung up on would never let go.

    async def __call__(self, request: Request) -> Response:
        self.presented.append(request.headers.get("Authorization"))
        return self.answer(request)

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[OutsideClients]:
        methods = ["GET", "POST"]
        app = Starlette(routes=[Route("/{path:path}", self.__call__, methods=methods)])
        async with served(app) as url, aiohttp.ClientSession() as session:
            yield OutsideClients(session, build_settings(url, remote=ONCE))


async def test_an_endless_answer_is_cut_off() -> None:
    talker = Talker()
    async with talker.asked() as clients:
        for ask in (
            lambda: clients.movies.movie(MovieId(str(uuid4()))),
            lambda: clients.auth.person(PersonId(str(uuid4()))),
            lambda: clients.shortener.link("/a/1"),
            clients.fetch_keys,
        ):
            with pytest.raises(DependencyDown):
                await ask()
    assert talker.sent < 100_000_000  # What lay in sockets and buffers.


async def test_an_answer_that_unpacks_to_too_much_is_cut_off() -> None:
    packed = zlib.compress(b" " * 50_000_000)
    assert len(packed) < ONCE.answer_bytes_max
    talker = Talker()
    talker.answer = lambda _: Response(packed, headers={"Content-Encoding": "deflate"})
    async with talker.asked() as clients:
        with pytest.raises(DependencyDown):
            await clients.movies.movie(MovieId(str(uuid4())))


@pytest.mark.parametrize("body", [b"\xff", b'{"deep":' + b"[" * 10_000 + b"]" * 10_000 + b"}"])
async def test_an_answer_that_cannot_be_decoded_is_no_answer(body: bytes) -> None:
    talker = Talker()
    talker.answer = lambda _: Response(body)
    async with talker.asked() as clients:
        for ask in (
            lambda: clients.movies.movie(MovieId(str(uuid4()))),
            lambda: clients.auth.person(PersonId(str(uuid4()))),
            lambda: clients.ugc.followers(PersonId(str(uuid4()))),
            lambda: clients.shortener.link("/a/1"),
        ):
            with pytest.raises(DependencyDown):
                await ask()


@pytest.mark.parametrize("page", [[], [str(uuid4())]])
async def test_a_list_whose_pages_do_not_move_on_is_no_list(page: list[str]) -> None:
    talker = Talker()
    talker.answer = lambda _: JSONResponse(page, headers={"X-Next-Cursor": "same"})
    async with talker.asked() as clients:
        with pytest.raises(DependencyDown):
            await clients.ugc.followers(PersonId(str(uuid4())))


@pytest.mark.parametrize("which", ["followers", "following"])
async def test_ids_are_read_in_any_spelling_and_nothing_else_is_an_id(which: str) -> None:
    one, other = uuid4(), uuid4()
    talker = Talker()
    talker.answer = lambda _: JSONResponse([str(one).upper(), other.hex])
    async with talker.asked() as clients:
        ids = await getattr(clients.ugc, which)(PersonId(str(uuid4())))
        assert set(ids) == {str(one), str(other)}
        talker.answer = lambda _: JSONResponse([str(one), "anna"])
        with pytest.raises(DependencyDown):
            await getattr(clients.ugc, which)(PersonId(str(uuid4())))


@pytest.mark.parametrize("which", ["followers", "following"])
async def test_a_list_without_end_is_no_list(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapters, f"{which.upper()}_MAX", 100)
    talker = Talker()
    talker.answer = lambda _: JSONResponse(
        [str(uuid4()) for _ in range(10)], headers={"X-Next-Cursor": str(uuid4())}
    )
    async with talker.asked() as clients:
        with pytest.raises(DependencyDown):
            await getattr(clients.ugc, which)(PersonId(str(uuid4())))
    assert len(talker.presented) == 11


@pytest.mark.parametrize(("length", "fits"), [(100, True), (101, False)])
async def test_the_last_page_of_a_list_counts(
    length: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters, "FOLLOWING_MAX", 100)
    talker = Talker()
    talker.answer = lambda _: JSONResponse([str(uuid4()) for _ in range(length)])
    async with talker.asked() as clients:
        if fits:
            assert len(await clients.ugc.following(PersonId(str(uuid4())))) == length
        else:
            with pytest.raises(DependencyDown):
                await clients.ugc.following(PersonId(str(uuid4())))


async def test_the_followings_of_all_together_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapters, "FOLLOWING_HELD_MAX", 20)
    talker = Talker()
    talker.answer = lambda _: JSONResponse([str(uuid4()) for _ in range(10)])
    async with talker.asked() as clients:
        first, second, third = [PersonId(str(uuid4())) for _ in range(3)]
        for person in (first, second, third, second, third):
            await clients.ugc.following(person)
        assert len(talker.presented) == 3
        await clients.ugc.following(first)
        assert len(talker.presented) == 4


async def test_the_pages_of_a_list_have_a_time_limit_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(adapters, "LISTING_S_MAX", 0.0)
    async with Talker().asked() as clients:
        with pytest.raises(DependencyDown):
            await clients.ugc.followers(PersonId(str(uuid4())))


async def test_our_credential_is_presented_where_it_is_needed_only() -> None:
    talker = Talker()
    talker.answer = lambda _: JSONResponse([])
    async with talker.asked() as clients:
        await clients.ugc.followers(PersonId(str(uuid4())))
        with pytest.raises(DependencyDown):  # A list is no link, no film and no person.
            await clients.shortener.link("/a/1")
        with pytest.raises(DependencyDown):
            await clients.movies.movie(MovieId(str(uuid4())))
        with pytest.raises(DependencyDown):
            await clients.auth.person(PersonId(str(uuid4())))
    ours = f"Bearer {CREDENTIAL}"
    assert talker.presented == [ours, ours, None, None]


async def test_a_credential_that_is_not_taken_does_not_condemn_the_request() -> None:
    """DependencyRefused would park a notice for ever; somebody will put the setting right."""
    talker = Talker()
    talker.answer = lambda _: Response(status_code=401)
    async with talker.asked() as clients:
        with pytest.raises(DependencyDown) as caught:
            await clients.shortener.link("/a/1")
    assert type(caught.value) is DependencyDown


def test_a_service_elsewhere_gets_its_own_credential_or_none() -> None:
    own = "the credential of UGC alone, of thirty-two bytes"
    settings = build_settings("http://gate", ugc_url="http://ugc", ugc_credential=own)
    moved = build_settings("http://gate", ugc_url="http://ugc")
    found = settings.credential_of("ugc")
    assert found is not None
    assert found.get_secret_value() == own
    assert moved.credential_of("ugc") is None
    assert moved.credential_of("shortener") is not None
    assert settings.credential_of("auth") is None


def test_without_a_credential_no_process_starts() -> None:
    with pytest.raises(ValueError, match="ugc, notification, shortener"):
        build_settings("http://gate", credential=None)
