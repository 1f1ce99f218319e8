"""20: a parameter that can be read two ways, or not at all, is refused."""

from typing import Any
from uuid import uuid4

import pytest

from tests.attack.target import Received, Target
from tests.cells.embedded import evening

LIST = "/api/v1/announcements"


async def twice(target: Target, method: str, path: str, headers: list[tuple[str, str]]) -> int:
    """The status of a request whose headers are sent one by one."""
    async with target.session.request(
        method, target.site.base_url + path, headers=headers, json={}
    ) as response:
        return response.status


def refused(received: Received, code: str, **facts: Any) -> bool:
    told = received.json
    return (received.status, told["code"]) == (422, code) and facts.items() <= told.items()


@pytest.mark.parametrize("query", ["dryrun=true", "Dry_Run=true", "dry_run=true&dry_run=true"])
async def test_a_misspelt_trial_announces_nothing(target: Target, query: str) -> None:
    host, _ = await target.person("host")
    path = f"/api/v1/announcement/{await target.film()}?{query}"
    tried = await target.send("POST", path, host, evening())
    assert refused(tried, "malformed_query", parameter=query.partition("=")[0])
    assert (await target.send("GET", f"{LIST}?mine=host", host)).json == []


async def test_a_misspelt_reason_calls_nothing_off(target: Target) -> None:
    host, _ = await target.person("host")
    announced = await target.evening(host)
    path = f"/api/v1/announcement/{announced.json['id']}"
    assert refused(await target.send("DELETE", f"{path}?resaon=ill", host), "malformed_query")
    assert refused(
        await target.send("DELETE", f"{path}?reason=a&reason=b", host), "malformed_query"
    )
    at = f"{path}?min_position={announced.position}"
    assert (await target.send("GET", at, host)).json["status"] == "Alive"


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&limit=2",
        "sort=created&sort=event_time",
        "status=Alive&status=Closed",
        "as_of=1",
        "Limit=1",
        "q=%ff",
        "unknown",
    ],
)
async def test_a_list_takes_no_parameter_twice_and_none_that_is_unknown(
    target: Target, query: str
) -> None:
    guest, _ = await target.person("guest")
    assert refused(await target.send("GET", f"{LIST}?{query}", guest), "malformed_query")


@pytest.mark.parametrize(
    "path",
    [
        "booking/{id}",
        "announcement/{id}/bookings",
        "announcement/{id}/eligibility",
        "schedule",
        "preferences",
        "notifications",
        "bookings",
    ],
)
async def test_the_past_is_refused_where_it_is_not_told(target: Target, path: str) -> None:
    guest, _ = await target.person("guest")
    asked = f"/api/v1/{path.format(id=uuid4())}?as_of=1"
    assert refused(await target.send("GET", asked, guest), "malformed_query", parameter="as_of")


async def test_a_cursor_with_junk_in_it_is_refused(target: Target) -> None:
    host, host_id = await target.person("host")
    for day in (2, 3):
        await target.evening(host, event_time=f"2199-01-0{day}T12:00:00Z")
    last = await target.evening(host, event_time="2199-01-04T12:00:00Z")
    path = f"{LIST}?author_id={host_id}&limit=1"
    first = await target.send("GET", f"{path}&min_position={last.position}", host)
    cursor = first.headers["X-Next-Cursor"]
    assert (await target.send("GET", f"{path}&cursor={cursor}", host)).status == 200
    for junk in (f"!{cursor}", f"{cursor}%0A", f"{cursor[:5]}.{cursor[5:]}", f"{cursor}=="):
        answer = await target.send("GET", f"{path}&cursor={junk}", host)
        assert refused(answer, "malformed_cursor"), junk


async def test_a_key_twice_in_a_body_is_refused(target: Target) -> None:
    host, _ = await target.person("host")
    announced = await target.evening(host)
    url = f"{target.site.base_url}/api/v1/announcement/{announced.json['id']}"
    headers = {"Authorization": f"Bearer {host}", "Content-Type": "application/json"}
    for body in (b'{"title":"a","title":"b"}', b'{"title":"a","\\u0074itle":"b"}'):
        async with target.session.put(url, data=body, headers=headers) as response:
            assert (response.status, (await response.json())["code"]) == (422, "malformed_body")


async def test_an_encoded_body_is_refused(target: Target) -> None:
    guest, _ = await target.person("guest")
    path = f"/api/v1/booking/{uuid4()}"
    answer = await target.send("POST", path, guest, {}, Content_Encoding="gzip")
    assert answer.status == 415


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key", "If-Match"])
async def test_a_header_that_decides_comes_once(target: Target, name: str) -> None:
    guest, _ = await target.person("guest")
    values = {"Authorization": f"Bearer {guest}", "Idempotency-Key": "k", "If-Match": '"1.x"'}
    for method, path in (("POST", f"/api/v1/booking/{uuid4()}"), ("GET", LIST)):
        headers = [*values.items(), (name, values[name])]
        assert await twice(target, method, path, headers) == 400


async def test_a_key_belongs_to_a_request_with_its_query(target: Target) -> None:
    host, _ = await target.person("host")
    announced = await target.evening(host)
    path = f"/api/v1/announcement/{announced.json['id']}"
    key = {"Idempotency_Key": f"key-{uuid4()}"}
    first = await target.send("DELETE", f"{path}?reason=ill", host, **key)
    assert first.status == 200
    again = await target.send("DELETE", f"{path}?reason=ill", host, **key)
    assert (again.status, again.headers["Idempotent-Replay"]) == (200, "true")
    for query in ("?reason=tired", ""):
        other = await target.send("DELETE", f"{path}{query}", host, **key)
        assert refused(other, "key_reused")


async def test_pages_ignore_what_they_do_not_know(target: Target) -> None:
    host, _ = await target.person("host")
    announced = await target.evening(host)
    page = f"/a/{announced.json['id']}?utm_source=x&utm_source=y"
    assert (await target.send("GET", page)).status == 200
