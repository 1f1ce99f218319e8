"""Rate limits: buckets, classes of route, addresses, and the layer around an app."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from contracts.errors import Forbidden, NotFound, RateLimited, Unauthenticated
from contracts.values.ids import PersonId
from runtime.http.json_body import json_response
from runtime.limits.buckets import MINUTE_S, Buckets
from runtime.limits.limiter import Limiter, address_of, admit
from runtime.limits.routes import class_of
from runtime.limits.settings import AddressLimits, PersonLimits, RateLimits
from runtime.service.app import make_app
from tests.servers.http_server import served

ANNA, BORIS = PersonId("anna"), PersonId("boris")


class Watch:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.mark.parametrize("per_minute", [1, 7, 600, 99_999])
def test_a_full_bucket_holds_a_minutes_worth_and_not_one_more(
    per_minute: int, watch: Watch
) -> None:
    buckets = Buckets(per_minute, clock=watch)
    assert all(buckets.take("anna") == 0.0 for _ in range(per_minute))
    assert buckets.take("anna") == pytest.approx(MINUTE_S / per_minute, rel=1e-4)


def test_waiting_as_told_is_long_enough(watch: Watch) -> None:
    buckets = Buckets(60, clock=watch)
    while (wait_s := buckets.take("anna")) == 0.0:
        pass
    watch.now += wait_s
    assert buckets.take("anna") == 0.0
    assert buckets.take("anna") > 0.0


def test_nobody_empties_the_bucket_of_another(watch: Watch) -> None:
    buckets = Buckets(2, clock=watch)
    while buckets.take("anna") == 0.0:
        pass
    assert buckets.take("boris") == 0.0


def test_an_empty_bucket_stays_so_while_its_turn_ends(watch: Watch) -> None:
    buckets = Buckets(2, clock=watch)
    for _ in range(100):
        watch.now += MINUTE_S / 4  # Half a token each time.
        buckets.take("anna")
    taken = sum(buckets.take("anna") == 0.0 for _ in range(10))
    assert taken <= 1


def test_memory_is_bounded_and_a_few_strangers_refill_nothing(watch: Watch) -> None:
    buckets = Buckets(2, keys_max=100, clock=watch)
    while buckets.take("anna") == 0.0:
        pass
    for number in range(99):
        buckets.take(f"stranger {number}")
    assert buckets.take("anna") > 0.0
    for number in range(10_000):
        buckets.take(f"other {number}")
    assert len(buckets._newer) + len(buckets._older) <= 200


def test_the_collector_does_not_walk_the_buckets() -> None:
    buckets = Buckets(600)
    for number in range(1_000):
        buckets.take(str(number))
    gc.collect()
    assert not gc.is_tracked(buckets._newer)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/announcement/1", "reads"),
        ("GET", "/api/v1/announcements", "searches"),
        ("HEAD", "/api/v1/history/announcement/1", "searches"),
        ("GET", "/api/v1/user/me/rating/drift", "searches"),
        ("GET", "/api/v1/my/data", "exports"),
        ("GET", "/api/v1/my/figures", "searches"),
        ("GET", "/api/v1/schedule/1/2.ics", "public"),
        ("POST", "/api/v1/booking/1", "writes"),
        ("POST", "/api/v1/announcement/1/posts", "posts"),
        ("PUT", "/api/v1/announcement/1/posts/read", "writes"),
        ("GET", "/api/v1/announcement/1/posts", "searches"),
        ("DELETE", "/api/v1/user/1/mute", "writes"),
        ("POST", "/neighbours/auth/token", "writes"),
        ("POST", "/neighbours/notification/send", "neighbours"),
        ("GET", "/api/v1/operator/notices", "operator"),
        ("GET", "/metrics", "operator"),
        ("GET", "/s/abc", "public"),
        ("GET", "/a/1", "public"),
        ("PATCH", "/no/such/address", "public"),
        ("POST", "/internal/commands", "peers"),
        ("POST", "/internal/commands/batch", "peers"),
        ("GET", "/healthz", None),
        ("GET", "/readyz/", "public"),
    ],
)
def test_every_request_has_its_class(method: str, path: str, expected: str | None) -> None:
    assert class_of(method, path) == expected


def test_an_ipv6_network_of_a_household_is_one_address() -> None:
    assert address_of("2001:db8:1:2::7") == address_of("2001:db8:1:2:ffff::9")
    assert address_of("2001:db8:1:2::7") != address_of("2001:db8:1:3::7")
    assert address_of("::ffff:192.0.2.7") == address_of("192.0.2.7") == "192.0.2.7"
    assert address_of("fe80::1%eth0") == address_of("fe80::2")
    assert address_of("not an address") == "not an address"


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_no_off(number: int) -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        PersonLimits(writes=number)


def admitted(limiter: Limiter, path: str = "/s/abc", host: str = "192.0.2.1") -> bool:
    rules = limiter.find_rules("GET", path)
    assert rules is not None
    admission = rules.open({"client": (host, 7)})
    try:
        admission.take()
        admission.note(404)
    except RateLimited:
        return False
    return True


def test_guesses_end_long_before_the_public_limit(watch: Watch) -> None:
    limiter = Limiter(RateLimits(), watch)
    taken = sum(admitted(limiter) for _ in range(5_000))
    assert taken == AddressLimits().misses < AddressLimits().public
    assert admitted(limiter, host="192.0.2.2")
    assert admitted(limiter, "/api/v1/announcement/1")


def test_the_leader_counts_what_others_pass_on(watch: Watch) -> None:
    limiter = Limiter(RateLimits(person=PersonLimits(writes=3)), watch)
    for _ in range(3):
        limiter.admit_write(ANNA)
    with pytest.raises(RateLimited) as refused:
        limiter.admit_write(ANNA)
    assert refused.value.facts == {"retry_after_s": 20, "policy": "writes-of-person"}
    limiter.admit_write(BORIS)
    limiter.admit_write(ANNA, "posts")


@asynccontextmanager
async def nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield


def small_app(limits: RateLimits) -> FastAPI:
    app = make_app("small", nothing, Limiter(limits))

    @app.get("/api/v1/booking/{booking_id}")
    @app.post("/api/v1/booking/{booking_id}")
    async def known(request: Request) -> Response:
        person = request.headers.get("authorization")
        if person is None:
            raise Unauthenticated
        admit(request, PersonId(person))
        return json_response({})

    @app.post("/internal/commands")
    async def forwarded(request: Request) -> Response:
        if request.headers.get("secret") != "right":
            raise Forbidden
        return json_response({})

    @app.get("/s/{code}")
    async def link(request: Request) -> Response:
        if request.path_params["code"] != "good":
            raise NotFound
        return json_response({})

    return app


@asynccontextmanager
async def client_of(limits: RateLimits) -> AsyncIterator[aiohttp.ClientSession]:
    async with served(small_app(limits)) as url, aiohttp.ClientSession(url) as session:
        yield session


async def status_of(session: aiohttp.ClientSession, method: str, path: str, **headers: str) -> int:
    async with session.request(method, path, headers=headers) as answer:
        return answer.status


async def test_a_person_is_told_where_they_stand_and_when_to_go_on() -> None:
    limits = RateLimits(person=PersonLimits(writes=2))
    async with client_of(limits) as session:
        anna = {"Authorization": "anna"}
        path = "/api/v1/booking/1"
        async with session.post(path, headers=anna) as answer:
            assert answer.headers["RateLimit-Policy"] == '"writes-of-person";q=2;w=60'
            assert answer.headers["RateLimit"] == '"writes-of-person";r=1;t=30'
        assert await status_of(session, "POST", path, **anna) == 200
        async with session.post(path, headers=anna) as answer:
            assert answer.status == 429
            assert answer.headers["Retry-After"] == "30"
            assert answer.headers["RateLimit"] == '"writes-of-person";r=0;t=60'
            problem = await answer.json(content_type=None)
        assert (problem["code"], problem["policy"]) == ("rate_limited", "writes-of-person")
        assert await status_of(session, "POST", path, Authorization="boris") == 200
        assert await status_of(session, "GET", path, **anna) == 200


async def test_an_address_is_limited_whoever_asks() -> None:
    limits = RateLimits(address=AddressLimits(writes=2))
    async with client_of(limits) as session:
        statuses = [
            await status_of(session, "POST", "/api/v1/booking/1", Authorization=name)
            for name in ("anna", "boris", "vera")
        ]
        assert statuses == [200, 200, 429]


async def test_guessing_ends_even_with_a_right_guess() -> None:
    async with client_of(RateLimits(address=AddressLimits(misses=3))) as session:
        statuses = [await status_of(session, "GET", f"/s/{number}") for number in range(5)]
        assert statuses == [404, 404, 404, 429, 429]
        assert await status_of(session, "GET", "/s/good") == 429


async def test_a_wrong_token_is_a_guess_and_a_right_one_still_works() -> None:
    async with client_of(RateLimits(address=AddressLimits(misses=2))) as session:
        path = "/api/v1/booking/1"
        assert [await status_of(session, "GET", path) for _ in range(3)] == [401, 401, 429]
        assert await status_of(session, "GET", path, Authorization="anna") == 200


async def test_a_wrong_secret_of_a_cell_is_a_guess_and_the_right_one_still_works() -> None:
    async with client_of(RateLimits(address=AddressLimits(misses=2))) as session:
        path = "/internal/commands"
        wrong = [await status_of(session, "POST", path) for _ in range(3)]
        assert wrong == [403, 403, 429]
        right = [await status_of(session, "POST", path, Secret="right") for _ in range(5)]
        assert right == [200] * 5
        assert await status_of(session, "GET", "/s/good") == 429


@pytest.mark.parametrize(("trusted", "last"), [((), 429), (("127.0.0.1/32",), 404)])
async def test_the_address_is_forwarded_by_known_proxies_only(
    trusted: tuple[str, ...], last: int
) -> None:
    limits = RateLimits.model_validate({"address": {"misses": 1}, "trusted_proxies": trusted})
    async with client_of(limits) as session:
        for host, expected in (("192.0.2.1", 404), ("192.0.2.2", last)):
            async with session.get("/s/bad", headers={"X-Forwarded-For": host}) as answer:
                assert answer.status == expected


async def test_what_a_client_puts_before_the_proxys_own_word_is_not_believed() -> None:
    limits = RateLimits.model_validate({"address": {"misses": 1}, "trusted_proxies": ["127.0.0.1"]})
    async with client_of(limits) as session:
        for made_up, expected in (("198.51.100.1", 404), ("198.51.100.2", 429)):
            forwarded = {"X-Forwarded-For": f"{made_up}, 192.0.2.9"}
            async with session.get("/s/bad", headers=forwarded) as answer:
                assert answer.status == expected
