"""Our clients of outside services, when these are well, down, slow or talk nonsense."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from fastapi import FastAPI
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.errors import DependencyDown, DependencyRefused
from contracts.values.ids import MovieId, PersonId
from neighbours.app import StandInState, build_router
from neighbours.in_process import InProcessClients
from neighbours.services.movies import Films
from neighbours.switches import SwitchBody
from runtime.calls.lookup import CacheSettings
from runtime.calls.remote import Remote, RemoteSettings
from runtime.http.problems import install_problems
from runtime.outside.ports import Movie, Notice, PersonProfile, Retraction
from runtime.outside.wiring import OutsideClients
from runtime.process.clock import system_clock
from tests.cells.stand_in import OPERATOR, build_settings, stand_in_settings
from tests.seconds_clock import SecondsClock
from tests.servers.http_server import served
from tests.waiting import WITHIN_S, within

MATRIX = Films().first
LATER = datetime(2030, 1, 2, tzinfo=UTC)
SLOW_MS = 60_000
"""Slower than a hasty adapter waits, on however busy a machine."""
QUICK = RemoteSettings(
    timeout_s=WITHIN_S,
    deadline_s=WITHIN_S,
    backoff_s=0.01,
    retries_max=2,
    open_after=100,
    open_s=0.2,
)
HASTY = QUICK.model_copy(update={"timeout_s": 1.0, "deadline_s": 3.0})
WAYS = ("http", "in_process")
"""Ways to the stand-in: what holds for one holds for the other."""


class StandIn:
    """The running stand-in, with a session to talk to it behind the adapters' back."""

    def __init__(self, url: str, session: aiohttp.ClientSession, state: StandInState) -> None:
        self.url = url
        self.session = session
        self.state = state

    def clients(self, **changed: Any) -> OutsideClients:
        return OutsideClients(self.session, build_settings(self.url, **{"remote": QUICK} | changed))

    async def turn(self, service: str, **switch: Any) -> None:
        await self.call("POST", f"control/{service}", switch)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.url}/neighbours/{path}"
        headers = {"Authorization": f"Bearer {OPERATOR}"}
        async with self.session.request(method, url, json=body, headers=headers) as response:
            assert response.status == 200
            return await response.json()

    async def log_in(self, login: str, **more: Any) -> PersonId:
        body = {"login": login, **more}
        return PersonId((await self.call("POST", "auth/token", body))["user_id"])


@pytest.fixture
async def stand_in(tmp_path: Path) -> AsyncIterator[StandIn]:
    state = StandInState(stand_in_settings(tmp_path))
    app = FastAPI()
    install_problems(app)
    app.include_router(build_router(state))
    async with served(app) as url, aiohttp.ClientSession() as session:
        yield StandIn(url, session, state)
    state.close()


Services = OutsideClients | InProcessClients


@pytest.fixture(params=WAYS)
def services(request: pytest.FixtureRequest, stand_in: StandIn) -> Services:
    return connect(stand_in, request.param, QUICK)


@pytest.fixture(params=WAYS)
def hasty(request: pytest.FixtureRequest, stand_in: StandIn) -> Services:
    """For a service that gives no answer."""
    return connect(stand_in, request.param, HASTY)


def connect(stand_in: StandIn, way: str, remote: RemoteSettings) -> Services:
    if way == "http":
        return stand_in.clients(remote=remote)
    return InProcessClients(stand_in.state, deadline_s=remote.timeout_s)


def somebody() -> PersonId:
    return PersonId(str(uuid4()))


def notice(user_id: PersonId, key: str = "7:0:anna:booking_new") -> Notice:
    return Notice(
        key=key,
        user_id=user_id,
        event_type="booking_new",
        title="Заявка",
        text="Боб хочет прийти.",
        short_link="http://practix.test/s/0123456789ab",
        created_at=datetime(2030, 1, 1, 12, 0, 0, 123_000, tzinfo=UTC),
        context={"tickets_left": 2},
    )


async def test_auth_tells_a_person(stand_in: StandIn, services: Services) -> None:
    anna = await stand_in.log_in("anna", name="Anna", language="en", tz="Europe/Lisbon")
    auth = services.auth
    assert await auth.person(anna) == PersonProfile(anna, "Anna", "en", "Europe/Lisbon")
    assert await auth.person(somebody()) is None


async def test_movie_api_tells_a_film(services: Services) -> None:
    movies = services.movies
    matrix = MovieId(MATRIX.id)
    assert await movies.movie(matrix) == Movie(
        matrix,
        "The Matrix",
        "Матрица",
        1999,
        136,
        genres=("science fiction", "action"),
        countries=("US",),
    )
    assert await movies.movie(MovieId(str(uuid4()))) is None


async def test_movie_api_tells_the_episodes_of_a_series(services: Services) -> None:
    (dark,) = Films().search("dark", 1000)[-1:]
    told = await services.movies.movie(MovieId(dark.id))
    assert told is not None
    assert (told.title, told.kind, told.seasons) == ("Dark", "series", (10, 8, 8))


async def test_ugc_tells_who_follows_whom(stand_in: StandIn, services: Services) -> None:
    anna, bob, carl = somebody(), somebody(), somebody()
    for fan in (bob, carl):
        await stand_in.call("PUT", f"ugc/followers/{anna}/{fan}")
    ugc = services.ugc
    assert await ugc.follows(anna, bob)
    assert not await ugc.follows(bob, anna)
    assert await ugc.followers(anna) == tuple(sorted((bob, carl)))
    assert await ugc.following(bob) == {anna}


async def test_a_notice_is_delivered_once(stand_in: StandIn, services: Services) -> None:
    anna = somebody()
    notification = services.notification
    for _ in range(2):
        await notification.send(notice(anna))
    (delivered,) = await stand_in.call("GET", f"notification/inbox/{anna}")
    assert delivered["key"] == "7:0:anna:booking_new"
    assert delivered["short_link"] == notice(anna).short_link
    assert delivered["text"] == "Боб хочет прийти."
    assert delivered["created_at"] == "2030-01-01T12:00:00.123Z"


async def test_a_notice_is_retracted_before_or_after_it_comes(
    stand_in: StandIn, services: Services
) -> None:
    anna, notification = somebody(), services.notification
    await notification.send(notice(anna, "came"))
    retractions = [Retraction(key, "erased person", "") for key in ("came", "to come")]
    await notification.retract(retractions)
    await notification.send(notice(anna, "to come"))
    inbox = await stand_in.call("GET", f"notification/inbox/{anna}")
    assert {one["key"] for one in inbox} == {"came", "to come"}
    assert {(one["title"], one["text"]) for one in inbox} == {("erased person", "")}


async def test_an_inbox_is_emptied(stand_in: StandIn, services: Services) -> None:
    anna, boris = somebody(), somebody()
    sent = notice(anna)
    for one in (sent, notice(boris, "his"), replace(sent, key="later", created_at=LATER)):
        await services.notification.send(one)
    await services.notification.empty_inbox(anna, sent.created_at)
    await services.notification.send(sent)
    (left,) = await stand_in.call("GET", f"notification/inbox/{anna}")
    assert left["key"] == "later"
    assert await stand_in.call("GET", f"notification/inbox/{boris}") != []


async def test_a_notice_that_will_never_be_taken_is_told_apart(services: Services) -> None:
    with pytest.raises(DependencyRefused) as caught:
        await services.notification.send(notice(PersonId("nobody")))
    assert caught.value.status == 422


async def test_a_target_has_one_short_link(services: Services) -> None:
    shortener = services.shortener
    link = await shortener.link("/a/1")
    assert link == await services.shortener.link("/a/1")
    assert link != await shortener.link("/a/2")


async def test_clicks_are_told_in_order_and_name_nobody(
    stand_in: StandIn, services: Services
) -> None:
    assert await services.shortener.clicks(0) == []
    codes = [(await services.shortener.link(f"/a/{n}")).rpartition("/s/")[2] for n in (1, 2)]
    before = system_clock()
    for code in (*codes, codes[0]):
        stand_in.state.links.follow(code)
    clicks = await services.shortener.clicks(0)
    assert [one.target for one in clicks] == ["/a/1", "/a/2", "/a/1"]
    assert all(before <= one.clicked_at <= system_clock() for one in clicks)
    assert await services.shortener.clicks(clicks[0].id) == clicks[1:]
    assert await services.shortener.clicks(clicks[-1].id) == []


@pytest.mark.parametrize("ids", [[4], [5, 5], [7, 6]])
async def test_clicks_out_of_order_break_the_contract(ids: list[int]) -> None:
    service = Scripted()
    clicks = [{"id": one, "target": "/a/1", "clicked_at": LATER.isoformat()} for one in ids]
    service.body = json.dumps({"clicks": clicks}).encode()
    app = Starlette(routes=[Route("/{path:path}", service.__call__)])
    async with served(app) as url, aiohttp.ClientSession() as session:
        shortener = OutsideClients(session, build_settings(url, remote=QUICK)).shortener
        with pytest.raises(DependencyDown):
            await shortener.clicks(4)
        service.status = 404
        with pytest.raises(DependencyRefused):
            await shortener.clicks(4)


Use = Callable[[Services], Awaitable[Any]]
USES: dict[str, Use] = {
    "auth": lambda clients: clients.auth.person(somebody()),
    "movies": lambda clients: clients.movies.movie(MovieId(MATRIX.id)),
    "ugc": lambda clients: clients.ugc.follows(somebody(), somebody()),
    "notification": lambda clients: clients.notification.send(notice(somebody(), "k")),
    "shortener": lambda clients: clients.shortener.link("/a/1"),
}


@pytest.mark.parametrize("trouble", [{"down": True}, {"delay_ms": SLOW_MS}])
async def test_each_service_in_trouble_is_down_and_comes_back(
    stand_in: StandIn, hasty: Services, trouble: dict[str, Any]
) -> None:
    async def fall_and_rise(service: str) -> None:
        await stand_in.turn(service, **trouble)
        started = asyncio.get_running_loop().time()
        with pytest.raises(DependencyDown) as caught:
            await USES[service](hasty)
        assert asyncio.get_running_loop().time() - started < SLOW_MS / 1000
        assert caught.value.name == service
        await stand_in.turn(service, down=False, delay_ms=0)
        async for _ in within():  # A busy machine may take longer than it waits.
            with suppress(DependencyDown):
                await USES[service](hasty)
                break

    await asyncio.gather(*map(fall_and_rise, USES))


async def test_cached_answers_outlive_their_service(stand_in: StandIn) -> None:
    clients = stand_in.clients()
    await clients.movies.movie(MovieId(MATRIX.id))
    await stand_in.turn("movies", down=True)
    assert await clients.movies.movie(MovieId(MATRIX.id)) is not None


async def test_an_unfollowing_is_seen_at_once_where_nothing_is_cached(stand_in: StandIn) -> None:
    anna, bob = somebody(), somebody()
    await stand_in.call("PUT", f"ugc/followers/{anna}/{bob}")
    cached = stand_in.clients().ugc
    fresh = stand_in.clients(follows=CacheSettings(ttl_s=0)).ugc
    assert await cached.follows(anna, bob)
    assert await fresh.follows(anna, bob)
    await stand_in.call("DELETE", f"ugc/followers/{anna}/{bob}")
    assert not await fresh.follows(anna, bob)
    assert await cached.follows(anna, bob)


class Scripted:
    """A service that answers as the test says, and counts how often it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.failures = 0
        """How many of the first questions fail."""
        self.body = b"{}"
        self.asked = 0

    async def __call__(self, _request: Request) -> Response:
        self.asked += 1
        status = 503 if self.asked <= self.failures else self.status
        return Response(self.body, status, media_type="application/json")


Scene = tuple[Scripted, Callable[..., Remote]]


@pytest.fixture
async def scripted() -> AsyncIterator[Scene]:
    service = Scripted()
    app = Starlette(routes=[Route("/{path:path}", service.__call__, methods=["GET", "POST"])])
    async with served(app) as url, aiohttp.ClientSession() as session:
        yield service, partial(Remote, "scripted", url, session)


async def test_a_hiccup_is_retried_away(scripted: Scene) -> None:
    service, remote_with = scripted
    service.failures = 2
    assert (await remote_with(QUICK).call("GET", "/")).found
    assert service.asked == 3


async def test_the_retry_budget_bounds_what_a_sick_service_is_asked(scripted: Scene) -> None:
    service, remote_with = scripted
    remote = remote_with(QUICK.model_copy(update={"budget_max": 5.0}))
    service.status = 503
    for _ in range(20):
        with pytest.raises(DependencyDown):
            await remote.call("GET", "/")
    assert service.asked == 25


async def test_success_fills_the_budget_again(scripted: Scene) -> None:
    service, remote_with = scripted
    remote = remote_with(QUICK.model_copy(update={"budget_max": 1.0, "budget_share": 0.5}))
    for status, calls in ((503, 1), (200, 2), (503, 1)):
        service.status = status
        for _ in range(calls):
            if status == 200:
                await remote.call("GET", "/")
            else:
                with pytest.raises(DependencyDown):
                    await remote.call("GET", "/")
    assert service.asked == 2 + 2 + 2


async def test_an_open_circuit_asks_nobody_and_then_probes(scripted: Scene) -> None:
    service, remote_with = scripted
    clock = SecondsClock()
    remote = remote_with(QUICK.model_copy(update={"open_after": 3, "open_s": 10}), clock)
    service.status = 500
    for _ in range(10):
        with pytest.raises(DependencyDown):
            await remote.call("GET", "/")
    assert (service.asked, remote.circuit.state) == (3, "open")
    service.status = 200
    clock.now = 10
    await remote.call("GET", "/")
    assert (service.asked, remote.circuit.state) == (4, "closed")


@pytest.mark.parametrize("status", [301, 400, 409, 422])
async def test_an_answer_that_repeating_would_not_change_is_not_repeated(
    scripted: Scene, status: int
) -> None:
    service, remote_with = scripted
    service.status = status
    with pytest.raises(DependencyRefused):
        await remote_with(QUICK).call("POST", "/", body=b"{}")
    assert service.asked == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"title": 7}', b"\xff"])
async def test_an_answer_that_breaks_the_contract_is_none(body: bytes) -> None:
    service = Scripted()
    service.body = body
    app = Starlette(routes=[Route("/{path:path}", service.__call__)])
    async with served(app) as url, aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings(url))
        with pytest.raises(DependencyDown):
            await clients.movies.movie(MovieId(MATRIX.id))


@pytest.mark.parametrize("duration", ["null", "0", "-136", "100001", "9223372036854775807"])
async def test_a_film_of_unknown_length_takes_two_hours(duration: str) -> None:
    service = Scripted()
    service.body = b'{"title": "Arrival", "duration_min": %b, "more": 1}' % duration.encode()
    app = Starlette(routes=[Route("/{path:path}", service.__call__)])
    async with served(app) as url, aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings(url))
        movie = await clients.movies.movie(MovieId(MATRIX.id))
    assert movie == Movie(MovieId(MATRIX.id), "Arrival", "Arrival", None, 120)


async def test_attributes_of_a_film_are_made_comparable() -> None:
    service = Scripted()
    service.body = (
        b'{"title": "Solaris", "kind": "short", "genres": [" Drama"], "countries": ["su"],'
        b' "seasons": [3, -1]}'
    )
    app = Starlette(routes=[Route("/{path:path}", service.__call__)])
    async with served(app) as url, aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings(url))
        movie = await clients.movies.movie(MovieId(MATRIX.id))
    assert movie == Movie(
        MovieId(MATRIX.id), "Solaris", "Solaris", None, 120, genres=("drama",), countries=("SU",)
    )


async def test_a_zone_and_language_we_do_not_know_are_replaced() -> None:
    service = Scripted()
    service.body = b'{"name": "Ann", "language": "fr", "tz": "../Mars"}'
    app = Starlette(routes=[Route("/{path:path}", service.__call__)])
    async with served(app) as url, aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings(url))
        ann = somebody()
        assert await clients.auth.person(ann) == PersonProfile(ann, "Ann", "en", "UTC")


async def test_a_name_and_a_title_are_made_one_line() -> None:
    service = Scripted()
    app = Starlette(routes=[Route("/{path:path}", service.__call__)])
    async with served(app) as url, aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings(url))
        service.body = b'{"name": " An\\u0000n\\n\\u202eBo\\u001b ", "tz": "localtime"}'
        ann = somebody()
        assert await clients.auth.person(ann) == PersonProfile(ann, "Ann Bo", "ru", "UTC")
        service.body = b'{"title": "The\\u0000\\r\\nMatrix", "duration_min": 136}'
        movie = await clients.movies.movie(MovieId(MATRIX.id))
    assert movie == Movie(MovieId(MATRIX.id), "The Matrix", "The Matrix", None, 136)


async def test_each_service_may_be_elsewhere() -> None:
    settings = build_settings("http://gate/neighbours/", ugc_url="http://ugc:81/v2")
    assert settings.url_of("ugc") == "http://ugc:81/v2"
    assert settings.url_of("auth") == "http://gate/neighbours/auth"


async def test_a_service_that_is_not_there_is_down() -> None:
    async with aiohttp.ClientSession() as session:
        clients = OutsideClients(session, build_settings("http://127.0.0.1:9"))
        with pytest.raises(DependencyDown):
            await clients.shortener.link("/a/1")


@pytest.mark.parametrize("service", ["auth", "ugc", "notification", "shortener"])
async def test_a_store_that_fails_is_a_service_that_is_down(
    stand_in: StandIn, services: Services, service: str
) -> None:
    stand_in.state.close()
    with pytest.raises(DependencyDown) as caught:
        await USES[service](services)
    assert caught.value.name == service


async def test_a_target_that_no_link_leads_to_is_refused(services: Services) -> None:
    with pytest.raises(DependencyRefused) as caught:
        await services.shortener.link("javascript:alert(1)")
    assert (caught.value.name, caught.value.status) == ("shortener", 422)


def test_circuits_tell_what_is_switched_off(stand_in: StandIn) -> None:
    services = InProcessClients(stand_in.state)
    assert set(services.circuits()) == set(stand_in.clients().circuits())
    stand_in.state.switches.turn("ugc", SwitchBody(down=True))
    assert services.circuits() == {**stand_in.clients().circuits(), "ugc": "open"}
