"""Plans, free times and feeds, from the command to the answers: whose they are, and what fits."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from contracts.plans.free_times import DAYS
from tests.cells.command_cell import CommandCell
from tests.cells.own_reads import OwnReads, at, titles

MOSCOW = ZoneInfo("Europe/Moscow")
LIST = "/api/v1/announcements"


def window(hours: float, lasts: float = 6) -> dict[str, str]:
    return {"from": at(hours), "to": at(hours + lasts)}


@pytest.fixture
def anna(cell: CommandCell) -> OwnReads:
    return OwnReads(cell)


@pytest.fixture
def plan(cell: CommandCell) -> str:
    """The address of a plan for the cell's film."""
    return f"/api/v1/plan/{cell.movie_id}"


async def test_a_plan_is_its_persons_own(cell: CommandCell, anna: OwnReads, plan: str) -> None:
    boris, _ = await cell.person("boris")
    vera, _ = await cell.person("vera")
    body = {"times": [window(48), window(24)], "places": ["Москва, центр"]}
    put = await anna.write("PUT", plan, boris, body)
    got = await anna.read(plan, boris)
    assert got.body == put.body
    assert [one["from"] for one in got.body["times"]] == sorted(
        one["from"] for one in got.body["times"]
    )
    assert (got.body["movie_id"], got.body["places"]) == (cell.movie_id, ["Москва, центр"])
    assert (await anna.read("/api/v1/plan", boris)).body == [got.body]
    assert (await anna.read("/api/v1/plan", vera)).body == []
    missing = await anna.read(f"/api/v1/plan/{uuid4()}", vera)
    hidden = await anna.read(plan, vera)
    assert (hidden.status, hidden.body["code"]) == (missing.status, missing.body["code"])
    assert hidden.status == 404
    gone = await anna.write("DELETE", plan, boris)
    assert gone.body == {"movie_id": cell.movie_id, "planned": False}
    assert (await anna.read(plan, boris)).status == 404
    assert (await anna.read("/api/v1/plan", boris)).body == []


async def test_free_times_are_in_the_persons_zone(
    cell: CommandCell, anna: OwnReads, plan: str
) -> None:
    boris, _ = await cell.person("boris", tz="Asia/Omsk")
    path = "/api/v1/free-times"
    assert (await anna.read(path, boris)).body["times"] == []
    times = [
        {"day": "fri", "date": None, "from": "18:00", "to": "02:00"},
        {"day": None, "date": "2030-01-01", "from": "10:00", "to": "24:00"},
    ]
    put = await anna.write("PUT", path, boris, {"times": times})
    assert (put.body["tz"], put.body["times"]) == ("Asia/Omsk", times)
    assert (await anna.read(path, boris)).body == put.body
    moved = await anna.write("PUT", path, boris, {"tz": "Europe/Berlin", "times": times[:1]})
    assert (await anna.read(path, boris)).body == moved.body
    await refuse_what_is_no_wish(cell, boris, plan)


async def refuse_what_is_no_wish(cell: CommandCell, boris: str, plan: str) -> None:
    async def code(path: str, body: dict[str, Any]) -> tuple[int, str]:
        reply = await cell.send("PUT", path, boris, body)
        return reply.status, reply.body["code"]

    bad = (422, "malformed_body")
    assert await code(plan, {"times": [{"from": at(4), "to": at(2)}]}) == bad
    assert await code(plan, {"times": [{"from": "2030-01-01T10:00", "to": at(2)}]}) == (
        422,
        "naive_time",
    )
    assert await code(plan, {"times": [window(24, lasts=0.5)]}) == (422, "wished_time_too_short")
    assert await code(plan, {"places": ["🎬"]}) == bad
    assert await code(plan, {"places": ["x"] * 21}) == bad
    assert (await code(f"/api/v1/plan/{uuid4()}", {}))[0] == 404
    free = "/api/v1/free-times"
    for one in (
        {"from": "18:00", "to": "20:00"},
        {"day": "fri", "date": "2030-01-01", "from": "18:00", "to": "20:00"},
        {"day": "Friday", "from": "18:00", "to": "20:00"},
        {"day": "fri", "from": "18:00", "to": "18:00"},
        {"day": "fri", "from": "24:00", "to": "18:00"},
        {"date": 20300101, "from": "18:00", "to": "20:00"},
        {"date": "1900-01-01", "from": "18:00", "to": "20:00"},
    ):
        assert await code(free, {"times": [one]}) == bad, one
    assert await code(free, {"tz": "Mars", "times": []}) == bad


async def test_what_fits_a_plan(cell: CommandCell, anna: OwnReads, plan: str) -> None:
    host, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    await anna.announce(host, title="right", event_time=at(30), event_location="Москва, Арбат 1")
    await anna.announce(host, title="late", event_time=at(60), event_location="Москва, Арбат 1")
    await anna.announce(host, title="far", event_time=at(90), event_location="Казань, Баумана 3")
    secret = {"hide_location": True, "event_location": "Москва, Арбат 1", "location_hint": "центр"}
    await anna.announce(host, title="secret", event_time=at(120), **secret)
    await anna.announce(boris, title="own", event_time=at(30), event_location="Москва, Арбат 2")

    async def fitting(**wishes: Any) -> list[str]:
        await anna.write("PUT", plan, boris, wishes)
        return titles(await anna.read(f"{LIST}?fits_my_plan=true", boris))

    assert titles(await anna.read(f"{LIST}?fits_my_plan=true", boris)) == []
    assert await fitting() == ["right", "late", "far", "secret"]
    assert await fitting(places=["арб"]) == ["right", "late"]
    assert await fitting(places=["центр", "Казань"]) == ["far", "secret"]
    assert await fitting(times=[window(29), window(88)]) == ["right", "far"]
    assert await fitting(times=[window(29)], places=["казань"]) == []
    assert await fitting(times=[window(29)], places=["москва арбат"]) == ["right"]
    lines = {one["title"]: one["fits_my_plan"] for one in (await anna.read(LIST, boris)).body}
    assert lines == {"right": True, "late": False, "far": False, "secret": False, "own": None}
    assert {one["fits_my_plan"] for one in (await anna.read(LIST, host)).body} == {None}
    right = next(one for one in (await anna.read(LIST, boris)).body if one["title"] == "right")
    detail = f"/api/v1/announcement/{right['id']}"
    assert (await anna.read(detail, boris)).body["fits_my_plan"] is True
    assert (await anna.read(detail, host)).body["fits_my_plan"] is None
    pages = await anna.read(f"{LIST}?fits_my_plan=true&limit=1&sort=-event_time", boris)
    assert titles(pages) == ["right"]
    assert (await cell.send("GET", f"{LIST}?fits_my_plan=1", boris)).status == 422
    await anna.write("DELETE", plan, boris)
    assert titles(await anna.read(f"{LIST}?fits_my_plan=true", boris)) == []
    await check_what_may_not_be_seen(anna, host, boris, plan)


async def check_what_may_not_be_seen(anna: OwnReads, host: str, boris: str, plan: str) -> None:
    """What a person may not see does not fit."""
    hidden: dict[str, dict[str, Any]] = {
        "invited only": {"visibility": "invite"},
        "followers only": {"sub_only": True},
    }
    for number, (title, terms) in enumerate(hidden.items()):
        await anna.announce(host, title=title, event_time=at(200 + 30 * number), **terms)
    await anna.write("PUT", plan, boris, {"times": [window(190, lasts=90)]})
    assert titles(await anna.read(f"{LIST}?fits_my_plan=true", boris)) == []


async def test_free_times_count_for_a_plan_without_times(
    cell: CommandCell, anna: OwnReads, plan: str
) -> None:
    host, _ = await cell.person("anna")
    boris, _ = await cell.person("boris")
    soon = datetime.now(UTC) + timedelta(days=3)
    evening = soon.astimezone(MOSCOW).replace(hour=19, minute=0, second=0, microsecond=0)
    created = await anna.announce(host, title="at seven", event_time=evening.isoformat())
    lasts = timedelta(minutes=created["duration_min"] + 1)
    ends = f"{(evening + lasts):%H:%M}"
    await anna.write("PUT", plan, boris, {})
    for begins, expected in (("18:59", ["at seven"]), ("19:01", [])):
        times = [{"day": DAYS[evening.weekday()], "from": begins, "to": ends}]
        body = {"tz": "Europe/Moscow", "times": times}
        await anna.write("PUT", "/api/v1/free-times", boris, body)
        assert titles(await anna.read(f"{LIST}?fits_my_plan=true", boris)) == expected


async def test_a_plan_is_announced_in_one_step(
    cell: CommandCell, anna: OwnReads, plan: str
) -> None:
    boris, boris_id = await cell.person("boris")
    wished = window(30)
    await anna.write("PUT", plan, boris, {"times": [wished], "places": ["Арбат 1"]})
    announced = await anna.write("POST", f"{plan}/announcement", boris, {"ticket_count": 3})
    assert announced.status == 201
    body = announced.body
    assert (body["author_id"], body["status"], body["ticket_count"]) == (boris_id, "Alive", 3)
    assert (body["event_location"], body["title"]) == ("Арбат 1", body["movie_title"])
    assert body["is_free"]
    begins = datetime.fromisoformat(wished["from"])
    assert abs(datetime.fromisoformat(body["event_time"]) - begins) < timedelta(milliseconds=2)
    again = await cell.send("POST", f"{plan}/announcement", boris, {})
    assert (again.status, again.body["code"]) == (409, "overlap")
    vera, _ = await cell.person("vera")
    assert (await cell.send("POST", f"{plan}/announcement", vera, {})).status == 404


async def test_feeds_are_revoked_one_by_one(cell: CommandCell, anna: OwnReads) -> None:
    boris, boris_id = await cell.person("boris")
    vera, _ = await cell.person("vera")
    feeds = "/api/v1/schedule/feeds"
    made = [await anna.write("POST", feeds, boris, {"name": name}) for name in ("phone", "laptop")]
    listed = (await anna.read(feeds, boris)).body
    assert [(one["feed_id"], one["name"]) for one in listed] == [
        (boris_id, None),
        *((one.body["feed_id"], one.body["name"]) for one in made),
    ]
    first, phone, laptop = listed
    assert (await anna.read("/api/v1/schedule/feed", boris)).body["url"] == first["url"]
    assert (await anna.read(f"{feeds}/{phone['feed_id']}", boris)).body == phone

    async def statuses() -> list[int]:
        replies = [cell.send("GET", f"{one['url']}?min_position={anna.position}") for one in listed]
        return [one.status for one in await asyncio.gather(*replies)]

    assert await statuses() == [200, 200, 200]
    path = f"{feeds}/{phone['feed_id']}"
    for token, one in ((vera, path), (boris, f"{feeds}/{uuid4()}")):
        assert (await cell.send("DELETE", one, token)).body["code"] == "not_found"
    assert (await anna.read(path, vera)).body["code"] == "not_found"
    await anna.write("DELETE", path, boris)
    assert await statuses() == [200, 404, 200]
    assert [one["name"] for one in (await anna.read(feeds, boris)).body] == [None, "laptop"]
    assert (await cell.send("DELETE", path, boris)).status == 404
    await anna.write("DELETE", f"{feeds}/{boris_id}", boris)
    assert await statuses() == [404, 404, 200]
    renewed = (await anna.read("/api/v1/schedule/feed", boris)).body["url"]
    assert renewed != first["url"]
    assert (await cell.send("GET", renewed)).status == 200
    await anna.write("DELETE", f"{feeds}/{laptop['feed_id']}", boris)
    assert await statuses() == [404, 404, 404]
