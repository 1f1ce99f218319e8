"""Names under which a process answers, and that it answers under no other."""

from contextlib import nullcontext

import aiohttp
import pytest
from prometheus_client import REGISTRY

from launcher.profiles.gateway import build_gateway
from runtime.front.hosts import KnownNames
from runtime.limits.limiter import Limiter
from runtime.limits.settings import RateLimits
from runtime.service.app import make_app
from tests.servers.http_server import served

FURTHER = ("practix.example", "Kino.Example")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8000",
        "localhost:1",
        "LOCALHOST",
        "[::1]:8000",
        "practix.example:443",
        "practix.example.",
        "kino.example",
    ],
)
def test_our_names_are_known_at_any_port_and_in_any_case(host: str) -> None:
    assert KnownNames(FURTHER).knows([host])


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.example"],
        ["127.0.0.1.evil.example"],
        ["practix.example.evil.example"],
        ["evil.example:127.0.0.1"],
        ["127.0.0.1:8311@evil.example"],
        ["127.0.0.1:80:evil.example"],
        ["127.0.0.1:/evil.example"],
        ["127.0.0.1:\u0663"],
        ["127.0.0.1:80\n"],
        ["127.0.0.1 :80"],
        ["[::1]evil.example"],
        ["[::1]:80@evil.example"],
        ["[::1"],
        ["::1"],
        ["127.0.0.1", "evil.example"],
        ["127.0.0.1", "127.0.0.1"],
    ],
)
def test_other_names_are_not(hosts: list[str]) -> None:
    assert not KnownNames(FURTHER).knows(hosts)


@pytest.mark.parametrize("named", ["fd00::1", "[fd00::1]", "FD00:0::1"])
def test_an_ipv6_address_is_known_however_it_is_written(named: str) -> None:
    names = KnownNames([named])
    assert names.knows(["[fd00::1]"])
    assert names.knows(["[FD00:0:0::1]:8001"])
    assert not names.knows(["[fd00::2]:8001"])
    assert not names.knows(["fd00"])


def test_a_star_knows_every_name() -> None:
    assert KnownNames(["*"]).knows(["evil.example"])


def refused() -> float:
    return REGISTRY.get_sample_value("practix_unknown_host_requests_total") or 0.0


async def test_a_foreign_name_is_a_problem_before_any_route() -> None:
    before = refused()
    app = make_app(
        "PRACTIX", lambda _: nullcontext(), Limiter(RateLimits()), hosts=["practix.example"]
    )
    async with served(app) as url, aiohttp.ClientSession() as session:
        for host, status in (("practix.example", 404), ("evil.example", 421)):
            headers = {"Host": host, "Accept-Language": "en"}
            async with session.get(f"{url}/nowhere", headers=headers) as response:
                assert response.status == status
                problem = await response.json()
    assert problem["code"] == "unknown_host"
    assert "evil" not in str(problem)
    assert refused() == before + 1


async def test_the_gateway_of_separate_processes_has_the_same_names() -> None:
    async with aiohttp.ClientSession() as session:
        gateway = build_gateway({}, session, hosts=["practix.example"])
        async with served(gateway) as url:
            for host, status in (("practix.example", 200), ("evil.example", 421)):
                async with session.get(f"{url}/healthz", headers={"Host": host}) as answer:
                    assert answer.status == status
                    body = await answer.json()
            assert body["code"] == "unknown_host"


def test_a_name_is_known_or_not_however_often_it_is_asked_for() -> None:
    names = KnownNames(["example.org"])
    for _ in range(2):
        assert names.knows(["EXAMPLE.org:80"])
        assert not names.knows(["example.com"])
        assert not names.knows(["example.org", "example.org"])
        assert not names.knows(["example.org." + "x" * 300])
