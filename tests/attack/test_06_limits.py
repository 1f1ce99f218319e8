"""6: one account, one address or one author's crowd kept the system from all others."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from tests.attack.target import Received, Site, Target, own_site

GUESSES = 80
WRITES_MAX = 40
MISSES_MAX = 40
EVENINGS_MAX = 4
CHANGES_OF_MIND = 20


@pytest.fixture(scope="module")
def limited_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A system with small limits: reaching the usual ones would take minutes."""
    data = tmp_path_factory.mktemp("limited")
    limits = {
        "PRACTIX_RATE_LIMITS__PERSON__WRITES": str(WRITES_MAX),
        "PRACTIX_RATE_LIMITS__ADDRESS__MISSES": str(MISSES_MAX),
        "COMMAND_API_EVENINGS_OPEN_MAX": str(EVENINGS_MAX),
        "COMMAND_API_INVITATIONS_OF_PAIR_A_DAY_MAX": str(EVENINGS_MAX - 1),
        "COMMAND_API_INVITATIONS_OF_GUEST_A_DAY_MAX": str(EVENINGS_MAX + 1),
    }
    with own_site(data, **limits) as site:
        yield site


@pytest.fixture
async def limited(limited_site: Site, request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    async with aiohttp.ClientSession() as session:
        yield Target(limited_site, session, request.node.name)


async def test_writes_of_one_account_meet_a_limit_and_leave_others_alone(limited: Target) -> None:
    anna, _ = await limited.person("anna")
    boris, _ = await limited.person("boris")
    nothing = "00000000-0000-4000-8000-000000000000"
    path = f"/api/v1/booking/{nothing}"
    answers = await asyncio.gather(
        *(limited.send("POST", path, anna) for _ in range(2 * WRITES_MAX))
    )
    statuses = Counter(answer.status for answer in answers)
    # Some come back while it runs: the bucket is refilled evenly.
    assert statuses[404] < 2 * WRITES_MAX
    assert statuses[429] > 0
    refused = next(answer for answer in answers if answer.status == 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json["code"] == "rate_limited"
    assert refused.headers["RateLimit"].startswith('"writes-of-person";r=0;')
    assert f"q={WRITES_MAX};w=60" in refused.headers["RateLimit-Policy"]
    assert (await limited.send("POST", path, boris)).status == 404


async def test_limited_and_unauthenticated_writes_never_reach_the_log(limited: Target) -> None:
    anna, _ = await limited.person("anna")
    announced = await limited.evening(anna)
    path = f"/api/v1/announcement/{announced.json['id']}"
    while (refused := await limited.send("PUT", path, anna, {"unknown": 1})).status != 429:
        assert refused.status == 422
    newest, title = announced.position, iter(range(GUESSES))
    # One write comes back from time to time, so the next one need not be refused.
    while (
        refused := await limited.send("PUT", path, anna, {"title": f"{next(title)}"})
    ).status != 429:
        newest = refused.position
    assert "X-Position" not in refused.headers
    for token in (None, "no.such.token"):
        answer = await limited.send("DELETE", path, token)
        assert (answer.status, "X-Position" in answer.headers) == (401, False)
    boris, _ = await limited.person("boris")
    following = await limited.evening(boris)
    # Nothing lies between but what Boris did, and at most a heartbeat.
    assert newest < following.position <= newest + 3


async def test_guessing_short_links_meets_a_limit(limited: Target) -> None:
    statuses = [
        (await limited.send("GET", f"/s/{number:012d}")).status for number in range(GUESSES)
    ]
    assert set(statuses) == {404, 429}


async def test_an_address_made_up_by_the_client_is_not_believed(limited: Target) -> None:
    statuses = [
        (await limited.send("GET", f"/s/{number:012d}", X_Forwarded_For=f"192.0.2.{number}")).status
        for number in range(GUESSES)
    ]
    assert 429 in statuses


async def test_a_host_floods_neither_the_list_nor_a_guest(limited: Target) -> None:
    _, guest = await limited.person("guest")
    hosts = [(await limited.person(f"host-{number}"))[0] for number in range(2)]
    results = []
    for host in hosts:
        for number in range(EVENINGS_MAX):
            announced = await limited.evening(host, event_time=in_days(number), invite=[guest])
            assert announced.status == 201
            path = f"/api/v1/announcement/{announced.json['id']}/invites"
            again = await limited.send("POST", path, host, {"guest_ids": [guest]})
            results.append(again.json["results"][0]["code"])
        refused = await limited.evening(host, event_time=in_days(EVENINGS_MAX))
        assert (refused.status, refused.json["code"]) == (409, "too_many_evenings")
        assert refused.json["limit"] == EVENINGS_MAX
        assert refused.position > 0  # Recorded: it can be explained later.
    pair = EVENINGS_MAX - 1
    of_second = EVENINGS_MAX + 1 - pair
    assert results == [
        *["already_invited"] * pair,
        "guest_invited_too_often",
        *["already_invited"] * of_second,
        *["not_invitable"] * (EVENINGS_MAX - of_second),
    ]


async def test_neither_side_mails_the_other_by_changing_its_mind(target: Target) -> None:
    host, _ = await target.person("host")
    evening = (await target.evening(host)).json["id"]
    for by_host in (True, False):
        guest, _ = await target.person(f"guest-{by_host}")
        asked = await target.send("POST", f"/api/v1/booking/{evening}", guest)
        path = f"/api/v1/booking/{asked.json['booking_id']}"
        assert (await target.send("PUT", path, host, {"my_status": True})).status == 200
        restless = host if by_host else guest
        noes: list[Received] = []
        yeses: list[Received] = []
        for _ in range(CHANGES_OF_MIND):
            for yes, answers in ((False, noes), (True, yeses)):
                body = {"my_status": yes, "message": "Hear me"}
                answers.append(await target.send("PUT", path, restless, body))
        assert {one.status for one in noes} == {200}  # A no never meets the limit.
        refused = [one for one in yeses if one.status != 200]
        assert CHANGES_OF_MIND // 2 < len(refused) < CHANGES_OF_MIND
        assert {(one.status, one.json["code"]) for one in refused} == {(409, "reopen_limit")}


def in_days(number: int) -> str:
    return (datetime.now(UTC) + timedelta(days=number + 1)).isoformat()
